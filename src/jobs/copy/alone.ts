import type { SeriesLock } from '../../series/lock/lock.ts';
import { whileLocked } from '../../series/lock/while-locked.ts';
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
  try {
    return await whileLocked(
      series,
      note,
      async (lock) => await work({ lock, signal: AbortSignal.any([signal, lock.signal]) }),
    );
  } finally {
    // Also where there was nothing to bring.
    await series.store.removeFolder(series.name).catch(() => {});
  }
}
