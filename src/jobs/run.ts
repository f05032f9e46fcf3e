import { EXIT_STATUS, gravestStatus, SnapshotError } from '../errors.ts';
import { WorkerPool } from '../pack/pool.ts';
import type { Plan, Row } from '../plan/plan.ts';
import { GuardError } from '../snapshot/guards.ts';
import { appendRun } from '../snapshot/runs-log.ts';
import { Series } from '../snapshot/series.ts';
import { LocalStore } from '../store/local-store.ts';
import type { Store } from '../store/store.ts';
import type { Report, RowEnd } from './events.ts';
import { RowReporter } from './row-reporter.ts';
import type { RowResult } from './row-context.ts';
import { runRow } from './run-row.ts';

export interface RunOptions {
  /** Names of rows to run; all when empty. */
  readonly only: readonly string[];
  readonly dryRun: boolean;
  /** Rows at once. */
  readonly jobs: number;
  readonly rehash: boolean;
  readonly acceptChanges: boolean;
  readonly signal: AbortSignal;
  readonly report: Report;
  readonly now: () => Date;
  /** The store for a destination; default: its folder. */
  readonly open?: ((destination: string) => Store) | undefined;
  /** Archives end at about so many bytes; default 512 MiB. */
  readonly archiveBytes?: number | undefined;
  /** A smaller index is written whole each time; default 256 KiB. */
  readonly smallIndexBytes?: number | undefined;
}

/**
 * Runs every active row of `plan`: hashes each source, compares it with the last snapshot, writes a new one
 * only when something changed, then rotates out the oldest. A row that fails does not stop the others.
 *
 * @returns How each row ended, in the order of the plan.
 * @throws {@link SnapshotError} `E_USAGE` when `only` names a row that is not there; nothing was done then.
 */
export async function run(plan: Plan, options: RunOptions): Promise<readonly RowEnd[]> {
  const rows = rowsToRun(plan, options.only).entries();
  const pool = new WorkerPool();
  const ends: RowEnd[] = [];
  const work = async (): Promise<void> => {
    // All of them share one iterator: whoever is done takes the next row.
    for (const [i, row] of rows) ends[i] = await endOf(row, pool, options);
  };
  try {
    await Promise.all(Array.from({ length: options.jobs }, work));
  } finally {
    await pool.close();
  }
  return ends;
}

/** The one exit status for a run whose rows ended like this. */
export function runStatus(ends: readonly RowEnd[]): number {
  return gravestStatus(ends.map(({ status }) => status));
}

function rowsToRun(plan: Plan, only: readonly string[]): readonly Row[] {
  const active = plan.rows.filter((row) => row.active);
  for (const name of only) {
    if (active.some((row) => row.name === name)) continue;
    const isInactive = plan.rows.some((row) => row.name === name);
    throw new SnapshotError(
      'E_USAGE',
      `--only ${name}: ${isInactive ? 'that row is not active' : 'no row has that name'}`,
      {
        hint: `Active rows: ${active.map((row) => row.name).join(', ') || 'none'}.`,
      },
    );
  }
  return only.length === 0 ? active : active.filter((row) => only.includes(row.name));
}

async function endOf(row: Row, pool: WorkerPool, options: RunOptions): Promise<RowEnd> {
  const { signal, dryRun, now } = options;
  const started = now();
  const reporter = new RowReporter(row.name, options.report);
  let end: RowEnd;
  try {
    signal.throwIfAborted();
    const result = await runRow(row, { ...options, open: options.open ?? openLocal, pool }, reporter);
    end = endOfResult(row, result, options, started);
  } catch (error) {
    end = endOfFailure(row, signal.aborted ? stopped() : error, options, started);
  }
  if (!dryRun && end.error?.code !== 'E_LOCKED') await log(row, end, options, started, reporter);
  options.report(end);
  return end;
}

function openLocal(destination: string): Store {
  return new LocalStore(destination);
}

function stopped(): SnapshotError {
  return new SnapshotError('E_STOPPED', 'Stopped by the user; no snapshot was written');
}

function endOfResult(
  row: Row,
  result: RowResult,
  { dryRun, now, open = openLocal }: RunOptions,
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
    folder: snapshot === null ? null : new Series(open(row.destination), row.name).place(snapshot),
    change: result.change,
    files: totals.files,
    bytes: totals.bytes,
    newBytes: result.newBytes,
    problems,
    guards,
    kept: rotation.kept,
    removed: rotation.removed,
    error: null,
    durationMs: now().getTime() - started.getTime(),
    status: gravestStatus([
      guards.length > 0 ? EXIT_STATUS.E_GUARD : 0,
      problems > 0 ? EXIT_STATUS.E_PARTIAL : 0,
    ]),
  };
}

function endOfFailure(row: Row, error: unknown, { dryRun, now }: RunOptions, started: Date): RowEnd {
  // Anything but a SnapshotError is a bug, and goes up with its stack.
  if (!(error instanceof SnapshotError)) throw error;
  const { code, message, hint } = error;
  const guards = error instanceof GuardError ? [{ guard: error.guard, message, hint: hint ?? '' }] : [];
  return {
    event: 'row',
    row: row.name,
    source: row.source,
    outcome: code === 'E_STOPPED' ? 'stopped' : 'failed',
    dryRun,
    snapshot: null,
    folder: null,
    change: { added: 0, modified: 0, removed: 0 },
    files: 0,
    bytes: 0,
    newBytes: 0,
    problems: 0,
    guards,
    kept: [],
    removed: [],
    error: { code, message, hint },
    durationMs: now().getTime() - started.getTime(),
    status: EXIT_STATUS[code],
  };
}

/** A row whose series could not even be reached has nowhere to log to: its failure is in the report. */
async function log(
  row: Row,
  end: RowEnd,
  { open = openLocal }: RunOptions,
  started: Date,
  reporter: RowReporter,
): Promise<void> {
  const series = new Series(open(row.destination), row.name);
  if (end.outcome === 'failed' && (await series.store.list(series.name).catch(() => [])).length === 0) return;
  const { outcome, snapshot, change, bytes, newBytes, guards, error, removed, problems } = end;
  try {
    await appendRun(series, {
      started: started.toISOString(),
      finished: new Date(started.getTime() + end.durationMs).toISOString(),
      outcome,
      snapshot,
      change,
      bytes,
      newBytes,
      skipped: problems,
      guards: guards.map(({ guard }) => guard),
      error: error?.message ?? null,
      removed: removed.map((step) => step.snapshot),
    });
  } catch (failure) {
    if (!(failure instanceof SnapshotError)) throw failure;
    reporter.note(`this run is not in its log: ${failure.message}`);
  }
}
