import { EXIT_STATUS, gravestStatus, SnapshotError } from '../../base/errors.ts';
import type { RunOutcome } from './notice.ts';
import type { Report, RowEnd } from '../events.ts';
import { Memory } from '../status/memory.ts';
import { knownSuccesses, rememberRows } from '../status/plan-memory.ts';
import { rowsToRun, type Shard } from '../run/rows-to-run.ts';
import { run, runStatus } from '../run/run.ts';
import { lowerPriority } from '../../host/low-priority.ts';
import { stayAwake } from '../../host/stay-awake.ts';
import { loadPlan, type Plan } from '../../plan/plan.ts';
import { rowLabel } from '../../plan/row-label.ts';
import { batteryCheck } from './battery-check.ts';
import { runAfter, runBefore, SKIPPED } from './hooks.ts';
import type { RunLog } from './run-log.ts';
import type { RunRecord } from './run-record.ts';
import type { RunView } from './run-view.ts';
import { thisStateFolder } from '../../host/state-folder.ts';
import type { Teller } from './teller.ts';

/** What a user asks of a night. */
export interface NightlyOptions {
  /** The file with the plan: a command before the run may have mounted what its globs are about. */
  readonly plan: string;
  readonly only: readonly string[];
  readonly dryRun: boolean;
  readonly jobs: number;
  readonly rehash: boolean;
  readonly acceptChanges: boolean;
  readonly acceptPaths: readonly string[];
  readonly adopt: boolean;
  readonly lowPriority: boolean;
  readonly notOnBattery: boolean;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export interface RunLimits {
  readonly shard: Shard | undefined;
  readonly bytesPerSecond: number | undefined;
}

/** What a run is accompanied by. */
export interface Company {
  readonly view: RunView;
  readonly log: RunLog;
  readonly record: RunRecord;
  readonly teller: Teller;
  readonly limits: RunLimits;
  readonly stop: AbortSignal;
}

/**
 * Runs `plan` between the user's commands. The one after it runs whenever the one before has succeeded, and
 * learns of failures too: those are in what is returned.
 *
 * @throws {@link SnapshotError} when the command before fails; nothing was done then.
 */
export async function runBetween(plan: Plan, options: NightlyOptions, company: Company): Promise<RunOutcome> {
  const { view, log, record, stop } = company;
  // What only looks does not mount disks and stop databases.
  const { before, after } = options.dryRun ? {} : options;
  if (before !== undefined) {
    view.note('Running the command before the run.');
    if (!(await runBefore(before, stop))) {
      log.note(SKIPPED);
      return { kind: 'skipped', status: 0, ends: [], notes: [SKIPPED] };
    }
  }
  const letSleep = stayAwake();
  let outcome: RunOutcome;
  try {
    // It may have mounted what the globs of the plan are about.
    outcome = await runRows(before === undefined ? plan : await loadPlan(options.plan), options, company);
  } catch (error) {
    outcome = outcomeOf(error);
  } finally {
    letSleep();
  }
  if (after === undefined) return outcome;
  view.note('Running the command after the run.');
  return await runAfter(after, outcome, record.notice(outcome), stop);
}

/** A run that ended by throwing `error`. */
export function outcomeOf(error: unknown): RunOutcome {
  const status = error instanceof SnapshotError ? EXIT_STATUS[error.code] : 1;
  return {
    kind: 'run',
    status,
    ends: [],
    notes: [],
    error: error instanceof Error ? error : new Error(String(error)),
  };
}

async function runRows(plan: Plan, options: NightlyOptions, company: Company): Promise<RunOutcome> {
  const { view, log, record, teller, limits, stop } = company;
  const { only, dryRun, jobs, rehash, acceptChanges, acceptPaths, adopt, lowPriority, notOnBattery } =
    options;
  log.start(plan);
  const warn = (message: string): void => view.warn(message);
  if (lowPriority) (await lowerPriority()).forEach(warn);
  const memory = new Memory(thisStateFolder());
  const rows = rowsToRun(plan, { only, shard: limits.shard });
  view.start(plan, rows);
  teller.start();
  const report: Report = (event) => {
    log.event(event);
    record.event(event);
    view.event(event);
  };
  const ends = await run(plan, {
    ...limits,
    only,
    notNow: notOnBattery ? batteryCheck(warn) : undefined,
    dryRun,
    jobs,
    rehash,
    acceptChanges,
    acceptPaths,
    adopt,
    signal: stop,
    report,
    now: () => new Date(),
    memory,
    hadSuccess: await knownSuccesses(memory, plan.file, warn),
  });
  if (!dryRun) await remember(plan, ends, memory, warn);
  if (rows.length === 0) view.nothing(noRowsText(limits.shard));
  else if (ends.length === 0) view.nothing('Nothing was done.');
  const status = gravestStatus([runStatus(ends), stop.aborted ? 130 : 0]);
  return { kind: 'run', status, ends, notes: [] };
}

/** Which rows had a success: so `status` can tell when one is gone from the plan. */
async function remember(
  plan: Plan,
  ends: readonly RowEnd[],
  memory: Memory,
  note: (message: string) => void,
): Promise<void> {
  const active = plan.rows.filter((row) => row.active);
  const good = new Set(
    ends.flatMap(({ row, source, outcome }) =>
      outcome === 'written' || outcome === 'unchanged' ? [`${source}\0${row}`] : [],
    ),
  );
  // Rows of one name are told apart as in the run.
  const succeeded = active.filter(
    (row) => row.strategy !== 'sync' && good.has(`${row.source}\0${rowLabel(row, active)}`),
  );
  if (succeeded.length > 0) await rememberRows(memory, plan.file, succeeded, note);
}

function noRowsText(shard: Shard | undefined): string {
  if (shard === undefined) return 'The plan has no active row; nothing to do.';
  return `Shard ${shard.number}/${shard.of} has no row to run; nothing to do.`;
}
