// Runs one row, as `snapshot run --only` does.
import { formatCountOf } from '../base/amounts.ts';
import { commandLine } from '../base/command-line.ts';
import { thisStateFolder } from '../host/state-folder.ts';
import type { RowEnd, RunEvent } from '../jobs/events.ts';
import { runBetween } from '../jobs/nightly/nightly.ts';
import { rowLine } from '../jobs/nightly/row-line.ts';
import { RunLog } from '../jobs/nightly/run-log.ts';
import { RunRecord } from '../jobs/nightly/run-record.ts';
import type { RunView } from '../jobs/nightly/run-view.ts';
import { Teller } from '../jobs/nightly/teller.ts';
import type { Plan } from '../plan/plan.ts';
import { seriesWord } from '../series/guards.ts';
import type { TaskEnd, TaskReport } from './tasks.ts';

export interface RunAsked {
  /** Of the row; of one with several destinations, all are brought up to date. */
  readonly name: string;
  readonly dryRun: boolean;
  /** Overrule guards: all that it may be about, or one path. */
  readonly accept: 'nothing' | 'all' | { readonly path: string };
}

/** The command that does what {@link runTask} does. */
export function runCommandLine({ name, dryRun, accept }: RunAsked): string {
  const accepting =
    accept === 'nothing'
      ? ''
      : accept === 'all'
        ? ' --accept-changes'
        : ` --accept-changes=${seriesWord(accept.path)}`;
  return commandLine(`run --only ${seriesWord(name)}${dryRun ? ' --dry-run' : ''}${accepting}`);
}

/** @param log - As the user gave it; undefined: the usual place. */
export async function runTask(
  plan: Plan,
  { name, dryRun, accept }: RunAsked,
  log: string | undefined,
  report: TaskReport,
  stop: AbortSignal,
): Promise<TaskEnd> {
  const runLog = RunLog.open(log, thisStateFolder(), report.note);
  const ends: RowEnd[] = [];
  try {
    const outcome = await runBetween(
      plan,
      {
        plan: plan.file,
        only: [name],
        dryRun,
        jobs: 1,
        rehash: false,
        acceptChanges: accept === 'all',
        acceptPaths: typeof accept === 'object' ? [accept.path] : [],
        adopt: false,
        lowPriority: false,
        notOnBattery: false,
        before: undefined,
        after: undefined,
      },
      {
        view: viewOf(report, (end) => ends.push(end)),
        log: runLog,
        record: new RunRecord(),
        // Who watches a page needs no mail.
        teller: new Teller([], 'trouble', report.note),
        limits: { shard: undefined, bytesPerSecond: undefined },
        stop,
      },
    );
    if (outcome.error !== undefined) throw outcome.error;
    const trouble = await runLog.trouble();
    if (trouble !== undefined) report.note(trouble);
    runLog.end(outcome.status);
    return endOf(ends, outcome.status);
  } finally {
    await runLog.close();
  }
}

function viewOf(report: TaskReport, ended: (end: RowEnd) => void): RunView {
  return {
    start() {},
    event(event: RunEvent) {
      if (event.event === 'progress') report.progress(event);
      else if (event.event === 'problem') report.problem(`${event.path}: ${event.reason}`);
      else if (event.event === 'note') report.note(event.message);
      else if (event.event === 'row') ended(event);
    },
    warn: report.note,
    note: report.note,
    nothing: report.note,
    end() {},
    countdown() {},
    shutdown() {},
    close() {},
  };
}

const PLAIN = { style: (_: string, text: string): string => text };

function endOf(ends: readonly RowEnd[], status: number): TaskEnd {
  const sum = (of: (end: RowEnd) => number): number => ends.reduce((total, end) => total + of(end), 0);
  const failed = ends.find(({ error }) => error !== null)?.error;
  const guards = ends.flatMap((end) => end.guards.map(({ message }) => message));
  const lines = [...ends.map((end) => rowLine(end, PLAIN)), ...guards];
  const removed = sum((end) => end.removed.length);
  if (removed > 0) lines.push(`${formatCountOf(removed, 'snapshot')} rotated out`);
  return {
    said: lines.join('\n'),
    status,
    counts: {
      added: sum(({ change }) => change.added),
      modified: sum(({ change }) => change.modified),
      removed: sum(({ change }) => change.removed),
      newBytes: sum(({ newBytes }) => newBytes),
      rotatedOut: removed,
    },
    error:
      failed === null || failed === undefined ? null : { message: failed.message, hint: failed.hint ?? null },
  };
}
