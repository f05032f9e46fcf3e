// Having the series of a row to oneself.
import { whileLocked } from '../../series/lock/while-locked.ts';
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
  const note = (message: string): void => report.note(message);
  // Not even a lock is written into a series that is another's.
  if (options.adopt !== true) await refuseStranger(series, row, machine);
  const backUp = async (): Promise<RowResult> => {
    // Once more, as another one may have begun the series meanwhile.
    if (options.adopt !== true) await refuseStranger(series, row, machine);
    else await adopt(series, row, machine, options.dryRun, note);
    const result = await work();
    context.tellKnown();
    return result;
  };
  if (options.dryRun) return await backUp();
  return await whileLocked(series, note, async (lock) => {
    context.lock = lock;
    lock.signal.addEventListener('abort', () => ending.abort(lock.signal.reason));
    return await backUp();
  });
}
