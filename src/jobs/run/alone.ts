// Having the series of a row to oneself.
import { whileLocked } from '../../series/lock/while-locked.ts';
import type { Row } from '../../plan/plan.ts';
import type { Series } from '../../series/series.ts';
import { RowContext, type RowOptions, type RowResult } from './row-context.ts';
import type { RowReporter } from './row-reporter.ts';
import { adopt, refuseStranger } from './whose.ts';

/** The run of one row, which may have to end before it is done. */
export interface Begun {
  readonly context: RowContext;
  /** Aborts the signal of the context. */
  readonly ending: AbortController;
}

/** Begins the run of one row; see {@link alone}. */
export function begin(row: Row, series: Series, options: RowOptions, report: RowReporter): Begun {
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  return { context: new RowContext(row, series, { ...options, signal }, report), ending };
}

/**
 * Does `work` while no other run, and no other machine or source, writes into the series. A dry run, which writes nothing, takes no
 * lock.
 *
 * When the lock is lost, whatever is under way is ended.
 *
 * @throws {@link GuardError} when the series is another's; `E_LOCKED` when another run is at work, or the lock is lost.
 */
export async function alone({ context, ending }: Begun, work: () => Promise<RowResult>): Promise<RowResult> {
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
