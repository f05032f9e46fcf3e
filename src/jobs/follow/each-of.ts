/**
 * Does `work` for each item, `atOnce` at most at once. After a failure nothing more is begun; what is under way ends first.
 *
 * @throws The first failure.
 */
export async function eachOf<T>(
  items: Iterable<T>,
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const next = async (): Promise<void> => {
    for (let one = rest.next(); one.done !== true && failures.length === 0; one = rest.next()) {
      try {
        await work(one.value);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, next));
  if (failures.length > 0) throw failures[0];
}
