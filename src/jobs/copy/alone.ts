import { SeriesLock } from '../../series/lock/lock.ts';
import type { Series } from '../../series/series.ts';

/**
 * Does `work` while no other run writes into `series`. What was refused, or failed before it wrote anything, leaves no folder.
 *
 * @throws {@link SnapshotError} `E_LOCKED`
 */
export async function alone<T>(
  series: Series,
  signal: AbortSignal,
  note: (message: string) => void,
  work: (held: { readonly lock: SeriesLock; readonly signal: AbortSignal }) => Promise<T>,
): Promise<T> {
  const lock = await SeriesLock.acquire(series);
  try {
    return await work({ lock, signal: AbortSignal.any([signal, lock.signal]) });
  } catch (error) {
    // Whatever failed because of that: this is why.
    lock.signal.throwIfAborted();
    throw error;
  } finally {
    await lock.release(note);
    await series.store.removeFolder(series.name).catch(() => {});
  }
}
