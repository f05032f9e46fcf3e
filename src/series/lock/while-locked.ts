import type { Series } from '../series.ts';
import { SeriesLock } from './lock.ts';

/**
 * Does `work` while no other run writes into `series`. What was refused, or failed before it wrote anything, leaves no folder
 * that is there for its lock alone.
 *
 * @param note - Told when the lock cannot be removed.
 * @throws {@link SnapshotError} `E_LOCKED` when another run is at work, or the lock is lost: whatever failed because of that.
 */
export async function whileLocked<T>(
  series: Series,
  note: (message: string) => void,
  work: (lock: SeriesLock) => Promise<T>,
): Promise<T> {
  const lock = await SeriesLock.acquire(series);
  let isDone = false;
  try {
    const result = await work(lock);
    isDone = true;
    return result;
  } catch (error) {
    // Whatever failed because of that: this is why.
    lock.signal.throwIfAborted();
    throw error;
  } finally {
    await lock.release(note);
    // What made it fail is what gets reported: should this fail too, the empty folder does no harm.
    if (!isDone) await series.store.removeFolder(series.name).catch(() => {});
  }
}
