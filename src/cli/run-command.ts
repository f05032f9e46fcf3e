import { gravestStatus, SnapshotError } from '../errors.ts';
import type { RowEnd } from '../jobs/events.ts';
import { run, runStatus } from '../jobs/run.ts';
import { loadPlan, type Plan } from '../plan/plan.ts';
import type { CommonOptions } from './common-options.ts';
import { shutDownAfter, type ShutdownChoice } from './countdown-view.ts';
import { RunLog } from './run-log.ts';
import type { RunView } from './run-view.ts';
import { thisStateFolder } from './state.ts';
import { stopSignal } from './stop-signal.ts';
import type { Terminal } from './terminal.ts';

export interface RunCommandOptions extends CommonOptions {
  readonly only: readonly string[];
  readonly dryRun: boolean;
  readonly jobs: number;
  readonly rehash: boolean;
  readonly acceptChanges: boolean;
  readonly shutdown: string | undefined;
}

export async function runCommand(options: RunCommandOptions, terminal: Terminal): Promise<number> {
  const jobs = checkedJobs(options.jobs);
  const flag = checkedShutdown(options.shutdown);
  const plan = await loadPlan(options.plan);
  const view = await viewFor(options, terminal);
  const log = await RunLog.open(options.log, thisStateFolder(), (message) => view.warn(message));
  const stop = stopSignal(() => view.warn('stopping; once more ends it at once'));
  try {
    log.start(plan);
    view.start(plan, options.only);
    const { only, dryRun, rehash, acceptChanges } = options;
    const report: Parameters<typeof run>[1]['report'] = (event) => {
      log.event(event);
      view.event(event);
    };
    const ends = await run(plan, {
      only,
      dryRun,
      jobs,
      rehash,
      acceptChanges,
      signal: stop.signal,
      report,
      now: () => new Date(),
    });
    const status = gravestStatus([runStatus(ends), stop.signal.aborted ? 130 : 0]);
    view.end(ends, status);
    log.end(status);
    // Before the machine may go down.
    await log.close();
    const choice = dryRun ? undefined : shutdownChoice(flag, plan, ends);
    if (choice === undefined) return status;
    const hasFailed = ends.some(({ error }) => error !== null);
    return await shutDownAfter(choice, status, hasFailed, stop.signal, thisStateFolder(), view);
  } finally {
    stop.dispose();
    view.close();
    await log.close();
  }
}

/** Only the one that is used is loaded. */
async function viewFor({ json, quiet }: CommonOptions, terminal: Terminal): Promise<RunView> {
  if (json) return new (await import('./json-view.ts')).JsonView(terminal);
  if (terminal.isLive && !quiet) return new (await import('./live-view.ts')).LiveView(terminal);
  return new (await import('./plain-view.ts')).PlainView(terminal, quiet);
}

/** @throws {@link SnapshotError} `E_USAGE` when `jobs` is no number of rows. */
export function checkedJobs(jobs: number): number {
  if (Number.isInteger(jobs) && jobs >= 1 && jobs <= 64) return jobs;
  throw new SnapshotError('E_USAGE', '--jobs takes a whole number from 1 to 64');
}

function checkedShutdown(value: string | undefined): ShutdownChoice | undefined {
  if (value === undefined) return undefined;
  if (value === '') return 'unless-failed';
  if (value === 'always') return 'always';
  throw new SnapshotError('E_USAGE', `--shutdown=${value}: it takes no value, or \`always\``);
}

/** The option wins; without it, the plan decides when all rows that ran say yes. */
function shutdownChoice(
  flag: ShutdownChoice | undefined,
  plan: Plan,
  ends: readonly RowEnd[],
): ShutdownChoice | undefined {
  if (flag !== undefined) return flag;
  const active = plan.rows.filter((row) => row.active);
  const all = ends.length === active.length && active.length > 0 && active.every((row) => row.shutdown);
  return all ? 'unless-failed' : undefined;
}
