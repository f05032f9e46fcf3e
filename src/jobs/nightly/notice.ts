// What is told of a run to somebody who is not there. It leaves the machine: names of series and files are in
// it, paths of folders are not.
import { SnapshotError } from '../../base/errors.ts';
import { PlanError } from '../../plan/problem.ts';
import type { ChangeCount } from '../../tree/compare.ts';
import type { RowEnd, RowProblem } from '../events.ts';
import { pathless } from './pathless.ts';
import { TOOL } from '../tool.ts';

/** So many problems of a row are told; all of them are in the log. */
export const MOST_PROBLEMS = 5;

/** `skipped`: the command before the run said so. `test`: there was no run. */
export type NoticeOutcome = 'done' | 'trouble' | 'failed' | 'stopped' | 'skipped' | 'test';

export interface NoticeRow {
  readonly row: string;
  readonly outcome: RowEnd['outcome'];
  readonly status: number;
  readonly snapshot: string | null;
  readonly change: ChangeCount;
  readonly files: number;
  readonly bytes: number;
  readonly newBytes: number;
  /** Names of the snapshots rotated out. */
  readonly removed: readonly string[];
  readonly guards: readonly { readonly guard: string; readonly message: string }[];
  readonly problemCount: number;
  /** Of a sync: the first few paths that both sides had changed, and what became of them; left out where there was none. */
  readonly conflicts?: readonly string[] | undefined;
  /** The first few; paths are relative to the source. */
  readonly problems: readonly Pick<RowProblem, 'kind' | 'path' | 'reason'>[];
  /** What became of damage in the series; null when there is nothing to say. */
  readonly damage: {
    readonly healed: number;
    readonly lost: number;
    readonly messages: readonly string[];
  } | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** Its disk is away, which is no failure yet. */
  readonly waiting: { readonly message: string } | null;
  readonly durationMs: number;
}

/** The body of a webhook, too: docs/notices.md has its fields. */
export interface Notice {
  readonly version: 1;
  readonly tool: string;
  readonly host: string;
  readonly outcome: NoticeOutcome;
  /** The exit code. */
  readonly status: number;
  readonly started: string;
  readonly finished: string;
  /** All rows together. */
  readonly change: ChangeCount;
  readonly newBytes: number;
  readonly rows: readonly NoticeRow[];
  /** What concerns no row: why a run was skipped, or which command after it failed. */
  readonly notes: readonly string[];
  /** Why the run could not start. */
  readonly error: {
    readonly code: string;
    readonly message: string;
    /** Mistakes in the plan. */
    readonly problems: readonly string[];
  } | null;
}

/** How a run ended. */
export interface RunOutcome {
  readonly kind: 'run' | 'skipped' | 'test';
  readonly status: number;
  readonly ends: readonly RowEnd[];
  readonly notes: readonly string[];
  /** What was thrown; undefined: nothing. */
  readonly error?: Error;
}

export interface NoticeFacts extends RunOutcome {
  readonly host: string;
  readonly started: Date;
  readonly finished: Date;
  readonly problems: (row: string) => readonly RowProblem[];
}

export function makeNotice(facts: NoticeFacts): Notice {
  const { host, started, finished, kind, status, ends, notes, error } = facts;
  const sum = (of: (end: RowEnd) => number): number => ends.reduce((total, end) => total + of(end), 0);
  return {
    version: 1,
    tool: TOOL,
    host,
    outcome: kind === 'run' ? outcomeOf(status) : kind,
    status,
    started: started.toISOString(),
    finished: finished.toISOString(),
    change: {
      added: sum(({ change }) => change.added),
      modified: sum(({ change }) => change.modified),
      removed: sum(({ change }) => change.removed),
    },
    newBytes: sum(({ newBytes }) => newBytes),
    rows: ends.map((end) => rowOf(end, facts.problems(end.row))),
    notes: notes.map(pathless),
    error: error === undefined ? null : errorOf(error),
  };
}

function outcomeOf(status: number): NoticeOutcome {
  if (status === 0) return 'done';
  if (status === 130) return 'stopped';
  // Every row went through, or steps back for another run.
  return [3, 4, 11].includes(status) ? 'trouble' : 'failed';
}

function rowOf(end: RowEnd, problems: readonly RowProblem[]): NoticeRow {
  const { row, outcome, status, snapshot, change, files, bytes, newBytes, durationMs } = end;
  return {
    row,
    outcome,
    status,
    snapshot,
    change,
    files,
    bytes,
    newBytes,
    removed: end.removed.map((step) => step.snapshot),
    guards: end.guards.map(({ guard, message }) => ({ guard, message: pathless(message) })),
    problemCount: end.problems,
    ...(end.conflicts !== undefined && { conflicts: end.conflicts.slice(0, MOST_PROBLEMS).map(pathless) }),
    problems: problems
      .slice(0, MOST_PROBLEMS)
      .map(({ kind, path, reason }) => ({ kind, path, reason: pathless(reason) })),
    damage:
      end.damage === null
        ? null
        : {
            healed: end.damage.healed,
            lost: end.damage.lost,
            messages: end.damage.messages.map(pathless),
          },
    error: end.error === null ? null : { code: end.error.code, message: pathless(end.error.message) },
    waiting: end.waiting === null ? null : { message: pathless(end.waiting.message) },
    durationMs,
  };
}

function errorOf(error: Error): Notice['error'] {
  return {
    code: error instanceof SnapshotError ? error.code : 'E_INTERNAL',
    message: pathless(error.message),
    problems:
      error instanceof PlanError
        ? error.problems
            .slice(0, MOST_PROBLEMS)
            .map(({ line, message }) => pathless(`line ${line}: ${message}`))
        : [],
  };
}
