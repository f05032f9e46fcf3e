/**
 * Starts `run` for each item, at most `window` at once, and yields the results in the order of the items.
 *
 * Items are asked for only as results are taken, so at most `window` of them are in memory.
 */
export async function* ordered<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  window: number,
  run: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const pending: Promise<R>[] = [];
  const started = (item: T): void => {
    const result = run(item);
    // It is awaited in its turn; failing earlier than that is not unhandled.
    result.catch(() => {});
    pending.push(result);
  };
  for await (const item of items) {
    started(item);
    if (pending.length >= window) yield await take(pending);
  }
  while (pending.length > 0) yield await take(pending);
}

async function take<R>(pending: Promise<R>[]): Promise<R> {
  const first = pending.shift();
  if (first === undefined) throw new Error('nothing is pending');
  return await first;
}
