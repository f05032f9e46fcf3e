import { EXIT_STATUS, gravestStatus, SnapshotError } from '../../errors.ts';
import { WorkerPool } from '../../pack/pool.ts';
import type { Plan, Row } from '../../plan/plan.ts';
import { GuardError } from '../../snapshot/guards.ts';
import { appendRecord, type RunRecord } from '../../snapshot/runs-log.ts';
import { Series } from '../../snapshot/series.ts';
import { LocalStore } from '../../store/local-store.ts';
import { RateLimit } from '../../store/rate-limit.ts';
import { RateStore } from '../../store/rate-store.ts';
import type { Store } from '../../store/store.ts';
import type { Away } from './away.ts';
import type { Report, RowEnd } from '../events.ts';
import type { Memory } from '../status/memory.ts';
import { RowDisk } from './row-disk.ts';
import { RowReporter } from './row-reporter.ts';
import type { RowResult } from './row-context.ts';
import { type RowChoice, rowsToRun } from './rows-to-run.ts';
import { runRow } from './run-row.ts';

export interface RunOptions extends RowChoice {
  readonly dryRun: boolean;
  /** Rows at once. */
  readonly jobs: number;
  readonly rehash: boolean;
  /** Overrules all guards. */
  readonly acceptChanges: boolean;
  /** Overrules those that are about one of these paths of a row: only when no more than one row runs. */
  readonly acceptPaths?: readonly string[] | undefined;
  readonly signal: AbortSignal;
  readonly report: Report;
  readonly now: () => Date;
  /** The store for a destination; default: its folder. */
  readonly open?: ((destination: string) => Store) | undefined;
  /** Asked before each row: why it is not to begin now, or undefined. */
  readonly notNow?: (() => Promise<string | undefined>) | undefined;
  /** The most that is written, all rows together; as fast as possible when undefined. */
  readonly bytesPerSecond?: number | undefined;
  /** What this machine remembers of destinations; without it, none is ever waited for. */
  readonly memory?: Memory | undefined;
  /** Archives end at about so many bytes; default 512 MiB. */
  readonly archiveBytes?: number | undefined;
  /** A smaller index is written whole each time; default 256 KiB. */
  readonly smallIndexBytes?: number | undefined;
}

interface Settled extends RunOptions {
  readonly open: (destination: string) => Store;
}

/**
 * Runs every active row of `plan`: hashes each source, compares it with the last snapshot, writes a new one
 * only when something changed, then rotates out the oldest. A row that fails does not stop the others.
 *
 * @returns How each row ended, in the order of the plan; rows that `notNow` held back are not among them.
 * @throws {@link SnapshotError} `E_USAGE` when `only` names a row that is not there, or it is not clear whose paths
 *   are accepted; nothing was done then.
 */
export async function run(plan: Plan, given: RunOptions): Promise<readonly RowEnd[]> {
  const options = { ...given, open: limited(given) };
  const chosen = rowsToRun(plan, options);
  const [path] = options.acceptPaths ?? [];
  if (path !== undefined && chosen.length > 1) {
    throw new SnapshotError('E_USAGE', `--accept-changes=${path}: which row is that path of?`, {
      hint: 'Name the row with `--only`.',
    });
  }
  const rows = chosen.entries();
  const pool = new WorkerPool();
  const ends: RowEnd[] = [];
  const work = async (): Promise<void> => {
    // All of them share one iterator: whoever is done takes the next row.
    for (const [i, row] of rows) {
      const reason = await options.notNow?.();
      if (reason === undefined) ends[i] = await endOf(row, pool, options);
      else options.report({ event: 'note', row: row.name, message: `not run: ${reason}` });
    }
  };
  try {
    await Promise.all(Array.from({ length: options.jobs }, work));
  } finally {
    await pool.close();
  }
  return ends.filter((end) => end !== undefined);
}

/** The one exit status for a run whose rows ended like this. */
export function runStatus(ends: readonly RowEnd[]): number {
  return gravestStatus(ends.map(({ status }) => status));
}

async function endOf(row: Row, pool: WorkerPool, options: Settled): Promise<RowEnd> {
  const { signal, dryRun, now, open } = options;
  const started = now();
  const reporter = new RowReporter(row.name, options.report);
  const series = new Series(open(row.destination), row.name);
  const note = (message: string): void => reporter.note(message);
  const disk = await RowDisk.look(row, series, options.memory, started, options.acceptChanges, note);
  let end: RowEnd;
  try {
    signal.throwIfAborted();
    disk.refuseOverdue(row);
    end =
      disk.away === undefined
        ? endOfResult(row, await runRow(row, { ...options, pool }, reporter), options, started)
        : endOfWaiting(row, disk.away, options, started);
  } catch (error) {
    end = endOfFailure(row, signal.aborted ? stopped() : error, options, started);
  }
  if (!dryRun && end.error?.code !== 'E_LOCKED') {
    const record = recordOf(end, started);
    // Not even a line of the log is written where the disk is not.
    if (disk.away === undefined) await log(series, record, reporter);
    await disk.remember(series, record, now());
  }
  options.report(end);
  return end;
}

function openLocal(destination: string): Store {
  return new LocalStore(destination);
}

/** Opens stores that share one limit. */
function limited({ open = openLocal, bytesPerSecond, signal }: RunOptions): (destination: string) => Store {
  if (bytesPerSecond === undefined) return open;
  const limit = new RateLimit(bytesPerSecond, signal);
  return (destination) => new RateStore(open(destination), limit);
}

function stopped(): SnapshotError {
  return new SnapshotError('E_STOPPED', 'Stopped by the user; no snapshot was written');
}

function endOfResult(row: Row, result: RowResult, { dryRun, now, open }: Settled, started: Date): RowEnd {
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
    series: result.series ?? null,
    error: null,
    waiting: null,
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
    ...nothingDone(row, dryRun, now().getTime() - started.getTime()),
    outcome: code === 'E_STOPPED' ? 'stopped' : 'failed',
    guards,
    error: { code, message, hint },
    status: EXIT_STATUS[code],
  };
}

/** Waiting is no failure: a disk that is at home every other night is none. */
function endOfWaiting(row: Row, away: Away, { dryRun, now }: RunOptions, started: Date): RowEnd {
  const { since, lastSuccess, message } = away;
  return {
    ...nothingDone(row, dryRun, now().getTime() - started.getTime()),
    outcome: 'waiting',
    waiting: { since, lastSuccess, message },
  };
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
    series: null,
    error: null,
    waiting: null,
    durationMs,
    status: 0,
  };
}

function recordOf(end: RowEnd, started: Date): RunRecord {
  const { outcome, snapshot, change, bytes, newBytes, guards, error, removed, problems, series } = end;
  return {
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
    ...(series !== null && {
      snapshots: series.snapshots,
      oldest: series.oldest,
      seriesBytes: series.bytes,
    }),
  };
}

/** A row whose series could not even be reached has nowhere to log to: its failure is in the report. */
async function log(series: Series, record: RunRecord, reporter: RowReporter): Promise<void> {
  const { store, name } = series;
  if (record.outcome === 'failed' && (await store.list(name).catch(() => [])).length === 0) return;
  try {
    await appendRecord(series, record);
  } catch (failure) {
    if (!(failure instanceof SnapshotError)) throw failure;
    reporter.note(`this run is not in its log: ${failure.message}`);
  }
}
