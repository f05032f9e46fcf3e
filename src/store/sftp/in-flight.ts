/** Requests on their way at once. */
const MOST_REQUESTS = 32;
/** What an SSH channel has on its way at most; more would only make stopping slow. */
const MOST_BYTES = 2 * 1024 * 1024;

/**
 * Does `work` for each piece of `length` bytes from `start` on, several at once and begun in their order.
 *
 * @param size - Of a piece, in bytes.
 * @param prepare - Done before each piece, one after the other, before its `work` is begun.
 * @throws What failed first, once nothing is under way any more.
 */
export async function inFlight<T>(
  { start, end, size }: { readonly start: number; readonly end: number; readonly size: number },
  prepare: (offset: number, length: number) => Promise<T>,
  work: (prepared: T, offset: number, length: number) => Promise<void>,
): Promise<void> {
  const most = Math.max(1, Math.min(MOST_REQUESTS, Math.floor(MOST_BYTES / size)));
  const underWay = new Set<Promise<void>>();
  const failed: unknown[] = [];
  for (let offset = start; offset < end && failed.length === 0; offset += size) {
    const length = Math.min(size, end - offset);
    let prepared: T;
    try {
      prepared = await prepare(offset, length);
    } catch (error) {
      failed.push(error);
      break;
    }
    const one: Promise<void> = work(prepared, offset, length)
      .catch((error: unknown) => void failed.push(error))
      .finally(() => underWay.delete(one));
    underWay.add(one);
    if (underWay.size >= most) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  if (failed.length > 0) throw failed[0];
}
