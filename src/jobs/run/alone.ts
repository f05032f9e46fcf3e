// Having the series of a row to oneself.
import { SeriesLock } from '../../series/lock/lock.ts';
import type { RowContext, RowResult } from './row-context.ts';
import { adopt, refuseStranger } from './whose.ts';

/**
 * Does `work` while no other run, and no other machine or source, writes into the series. A dry run, which writes nothing, takes no
 * lock.
 *
 * @param ending - Aborted when the lock is lost: whatever is under way has to end.
 * @throws {@link GuardError} when the series is another's; `E_LOCKED` when another run is at work, or the lock is lost.
 */
export async function alone(
  context: RowContext,
  ending: AbortController,
  work: () => Promise<RowResult>,
): Promise<RowResult> {
  const { row, series, machine, options, report } = context;
  // Not even a lock is written into a series that is another's.
  if (options.adopt !== true) await refuseStranger(series, row, machine);
  if (!options.dryRun) context.lock = await SeriesLock.acquire(series);
  const lock = context.lock;
  lock?.signal.addEventListener('abort', () => ending.abort(lock.signal.reason));
  let isDone = false;
  try {
    // Once more, as another one may have begun the series meanwhile.
    if (options.adopt !== true) await refuseStranger(series, row, machine);
    else await adopt(series, row, machine, options.dryRun, (message) => report.note(message));
    const result = await work();
    context.tellKnown();
    isDone = true;
    return result;
  } catch (error) {
    // Whatever failed because of that: this is why.
    lock?.signal.throwIfAborted();
    throw error;
  } finally {
    await lock?.release((message) => report.note(message));
    // What was refused, or failed before it wrote anything, leaves no folder that is there for its lock alone. What made it
    // fail is what gets reported: should this fail too, the empty folder does no harm.
    if (!isDone && lock !== undefined) await series.store.removeFolder(series.name).catch(() => {});
  }
}
