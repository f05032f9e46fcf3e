import { SnapshotError } from '../base/errors.ts';
import { thisStateFolder } from '../host/state-folder.ts';
import type { RowEnd, RunEvent } from '../jobs/events.ts';
import { run as runPlan } from '../jobs/run/run.ts';
import { Memory } from '../jobs/status/memory.ts';
import { type CallOptions, planOf, stoppable } from './api-options.ts';

export interface RunCall extends CallOptions<RunEvent> {
  /** Only the rows with these names; by default, all active ones. */
  readonly only?: readonly string[] | undefined;
  /** Says what would be written, and writes nothing. */
  readonly dryRun?: boolean | undefined;
  /** Rows at once; default 1. */
  readonly jobs?: number | undefined;
  /** Reads every file, also those that look as before. */
  readonly rehash?: boolean | undefined;
  /** Overrules the guards, and accepts what is known to be damaged. */
  readonly acceptChanges?: boolean | undefined;
}

export interface RunResult {
  /** How each row ended, in the order of the plan. One that failed has an `error`, and does not stop the others. */
  readonly rows: readonly RowEnd[];
}

/**
 * Backs up every active row of a plan.
 *
 * @throws {@link SnapshotError} `E_PLAN` when the plan is wrong, `E_USAGE` when it has no row of a name, or `jobs` is no count: nothing was done
 *   then.
 */
export async function run(options: RunCall = {}): Promise<RunResult> {
  const { only = [], dryRun = false, jobs = 1, rehash = false, acceptChanges = false, onEvent } = options;
  // With none at work no row would be run, and nothing would say so.
  if (!Number.isInteger(jobs) || jobs < 1)
    throw new SnapshotError('E_USAGE', `jobs: ${jobs}: it takes a whole number from 1`);
  const plan = await planOf(options);
  return await stoppable(options.signal, async (signal) => ({
    rows: await runPlan(plan, {
      only,
      dryRun,
      jobs,
      rehash,
      acceptChanges,
      signal,
      report: (event) => onEvent?.(event),
      now: () => new Date(),
      memory: new Memory(thisStateFolder()),
    }),
  }));
}
