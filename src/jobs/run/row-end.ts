// How a row ended: for who watches, and for the log of its series.
import { type ErrorCode, EXIT_STATUS, goneFolder, gravestStatus, SnapshotError } from '../../base/errors.ts';
import type { Row } from '../../plan/plan.ts';
import { GuardError, pruneHint } from '../../series/guards.ts';
import type { RunRecord } from '../../series/runs-log.ts';
import type { Series } from '../../series/series.ts';
import type { DamageReport, RowEnd } from '../events.ts';
import type { Away } from './away.ts';
import { FullError } from '../../store/store-error.ts';
import type { DamageEnd } from './row-damage.ts';
import type { RowResult } from './row-context.ts';

/** A log has no more of them for one run. */
const MOST_CONFLICTS = 20;

interface Asked {
  readonly dryRun: boolean;
  readonly now: () => Date;
}

export function stopped(): SnapshotError {
  return new SnapshotError('E_STOPPED', 'Stopped by the user; no snapshot was written');
}

export function endOfResult(
  row: Row,
  series: Series,
  result: RowResult,
  { dryRun, now }: Asked,
  started: Date,
): RowEnd {
  const { snapshot, totals, guards, problems, rotation } = result;
  return {
    event: 'row',
    row: row.name,
    source: row.source,
    outcome: result.outcome,
    dryRun,
    snapshot,
    folder: snapshot === null ? null : series.place(snapshot),
    change: result.change,
    files: totals.files,
    bytes: totals.bytes,
    newBytes: result.newBytes,
    problems,
    guards,
    kept: rotation.kept,
    removed: rotation.removed,
    damage: result.damage.report,
    series: result.series ?? null,
    ...conflictsIn(result),
    error: null,
    waiting: null,
    durationMs: now().getTime() - started.getTime(),
    status: statusOf({ guards, problems, damage: result.damage.report }),
  };
}

function conflictsIn({ conflicts = [] }: Pick<RowResult, 'conflicts'>): Pick<RowEnd, 'conflicts'> {
  return conflicts.length === 0 ? {} : { conflicts };
}

/** What a row that did not fail adds to the exit status. */
export function statusOf({
  guards,
  problems,
  damage,
}: Pick<RowEnd, 'guards' | 'problems' | 'damage'>): number {
  return gravestStatus([
    guards.length > 0 ? EXIT_STATUS.E_GUARD : 0,
    problems > 0 ? EXIT_STATUS.E_PARTIAL : 0,
    isLasting(damage) ? EXIT_STATUS.E_DAMAGED : 0,
  ]);
}

/** What was healed is no failure; what is lost is one each time, until somebody accepts it. */
function isLasting(damage: DamageReport | null): boolean {
  return damage !== null && (damage.lost + damage.repairable > 0 || damage.unknown);
}

export function endOfFailure(row: Row, error: unknown, { dryRun, now }: Asked, started: Date): RowEnd {
  const failure = errorOf(error);
  const { code, message } = failure;
  // Only a row knows what could make room.
  const hint =
    error instanceof FullError ? `Make room on the destination: ${pruneHint(row.name)}.` : failure.hint;
  const guards = error instanceof GuardError ? [{ guard: error.guard, message, hint: hint ?? '' }] : [];
  return {
    ...nothingDone(row, dryRun, now().getTime() - started.getTime()),
    outcome: code === 'E_STOPPED' ? 'stopped' : 'failed',
    guards,
    error: { ...failure, hint },
    status: EXIT_STATUS[code],
  };
}

/** Anything but a SnapshotError is a defect of this program: it fails the row, and its stack is kept. */
export function errorOf(thrown: unknown): NonNullable<RowEnd['error']> & { readonly code: ErrorCode } {
  const error = goneFolder(thrown) ?? thrown;
  if (error instanceof SnapshotError) return { code: error.code, message: error.message, hint: error.hint };
  return {
    code: 'E_INTERNAL',
    message: `internal error: ${error instanceof Error ? error.message : String(error)}`,
    hint: 'This is a defect of this program; please report it with the stack that the log has.',
    stack: error instanceof Error ? error.stack : undefined,
  };
}

/** Waiting is no failure: a disk that is at home every other night is none. */
export function endOfWaiting(row: Row, away: Away, { dryRun, now }: Asked, started: Date): RowEnd {
  const { since, lastSuccess, message } = away;
  return {
    ...nothingDone(row, dryRun, now().getTime() - started.getTime()),
    outcome: 'waiting',
    waiting: { since, lastSuccess, message },
  };
}

/** A live watch keeps it up to date. */
export function endOfKept(row: Row, { dryRun, now }: Asked, started: Date): RowEnd {
  return { ...nothingDone(row, dryRun, now().getTime() - started.getTime()), outcome: 'unchanged' };
}

function nothingDone(row: Row, dryRun: boolean, durationMs: number): Omit<RowEnd, 'outcome'> {
  return {
    event: 'row',
    row: row.name,
    source: row.source,
    dryRun,
    snapshot: null,
    folder: null,
    change: { added: 0, modified: 0, removed: 0 },
    files: 0,
    bytes: 0,
    newBytes: 0,
    problems: 0,
    guards: [],
    kept: [],
    removed: [],
    damage: null,
    series: null,
    error: null,
    waiting: null,
    durationMs,
    status: 0,
  };
}

export function recordOf(
  end: RowEnd,
  started: Date,
  result:
    | (Pick<RowResult, 'missing' | 'known' | 'heldBack'> & { damage: Pick<DamageEnd, 'record'> })
    | undefined,
): RunRecord {
  const { outcome, snapshot, change, bytes, newBytes, guards, error, removed, problems, series } = end;
  const damage = result?.damage.record;
  return {
    started: started.toISOString(),
    finished: new Date(started.getTime() + end.durationMs).toISOString(),
    outcome,
    snapshot,
    change,
    bytes,
    newBytes,
    skipped: problems,
    ...(result !== undefined && { missing: result.missing }),
    ...(result !== undefined && result.known > 0 && { known: result.known }),
    ...(result?.heldBack !== undefined && { heldBack: result.heldBack }),
    guards: guards.map(({ guard }) => guard),
    ...conflictsIn({ conflicts: end.conflicts?.slice(0, MOST_CONFLICTS) }),
    error: error?.message ?? null,
    removed: removed.map((step) => step.snapshot),
    ...(series !== null && {
      snapshots: series.snapshots,
      oldest: series.oldest,
      seriesBytes: series.bytes,
    }),
    ...(damage !== undefined && { damage }),
  };
}
