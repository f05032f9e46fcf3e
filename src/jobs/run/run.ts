import { EXIT_STATUS, gravestStatus, SnapshotError } from '../../base/errors.ts';
import { missingCalls } from '../../base/system-calls.ts';
import type { Machine } from '../../host/machine.ts';
import { WorkerPool } from '../../pack/pool.ts';
import type { Plan, Row } from '../../plan/plan.ts';
import { rowLabel } from '../../plan/row-label.ts';
import { LockLostError } from '../../series/lock/lock.ts';
import { appendRecord, type RunRecord } from '../../series/runs-log.ts';
import { wrapFor } from '../../series/crypt/wrap.ts';
import { Series } from '../../series/series.ts';
import { openStore } from '../../store/open-store.ts';
import { RateLimit } from '../../store/wrap/rate-limit.ts';
import type { Report, RowEnd } from '../events.ts';
import { sourceMark } from '../left-out.ts';
import { oddExcludes } from '../odd-patterns.ts';
import type { Memory } from '../status/memory.ts';
import { RowDisk } from './row-disk.ts';
import { endOfFailure, endOfResult, endOfWaiting, errorOf, recordOf, stopped } from './row-end.ts';
import { RowReporter } from './row-reporter.ts';
import type { RowResult } from './row-context.ts';
import { type RowChoice, rowsToRun } from './rows-to-run.ts';
import { runRow } from './row.ts';
import { SeriesPlaces } from './series-places.ts';
import { isRefusal } from './whose.ts';

export interface RunOptions extends RowChoice {
  readonly dryRun: boolean;
  /** Rows at once. */
  readonly jobs: number;
  readonly rehash: boolean;
  /** Overrules all guards. */
  readonly acceptChanges: boolean;
  /** The series of all rows are to be theirs, whosever they were. */
  readonly adopt?: boolean | undefined;
  /** Default: this one. */
  readonly machine?: Machine | undefined;
  /** Overrules those that are about one of these paths of a row: only when no more than one row runs. */
  readonly acceptPaths?: readonly string[] | undefined;
  readonly signal: AbortSignal;
  readonly report: Report;
  readonly now: () => Date;
  /** The store for a destination. */
  readonly open?: typeof openStore | undefined;
  /** Asked before each row: why it is not to begin now, or undefined. */
  readonly notNow?: (() => Promise<string | undefined>) | undefined;
  /** The most that is written, all rows together; as fast as possible when undefined. */
  readonly bytesPerSecond?: number | undefined;
  /** What this machine remembers of destinations; without it, none is ever waited for. */
  readonly memory?: Memory | undefined;
  /** Whether this machine knows of a success of a row. */
  readonly hadSuccess?: ((row: Row) => boolean) | undefined;
  /** Archives end at about so many bytes; default 512 MiB. */
  readonly archiveBytes?: number | undefined;
  /** A smaller index is written whole each time; default 256 KiB. */
  readonly smallIndexBytes?: number | undefined;
}

interface Settled extends RunOptions {
  readonly places: SeriesPlaces;
  /** What a row is called where others are. */
  readonly labels: (row: Row) => string;
  readonly open: typeof openStore;
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
  const active = plan.rows.filter((row) => row.active);
  const labels = (row: Row): string => rowLabel(row, active);
  const options = { ...given, open: limited(given), places: new SeriesPlaces(plan.rows), labels };
  const chosen = rowsToRun(plan, options);
  const [path] = options.acceptPaths ?? [];
  if (path !== undefined && chosen.length > 1) {
    throw new SnapshotError('E_USAGE', `--accept-changes=${path}: which row is that path of?`, {
      hint: 'Name the row with `--only`.',
    });
  }
  const missing = missingCalls();
  const [firstRow] = chosen;
  if (missing !== undefined && firstRow !== undefined)
    new RowReporter(labels(firstRow), given.report).note(missing);
  const rows = chosen.entries();
  const pool = new WorkerPool();
  const ends: (RowEnd | undefined)[] = [];
  const work = async (): Promise<void> => {
    // All of them share one iterator: whoever is done takes the next row.
    for (const [i, row] of rows) ends[i] = await endOf(row, pool, options);
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

/** Runs one row. Whatever is thrown on the way is how it ended. @returns Undefined when it was held back. */
async function endOf(row: Row, pool: WorkerPool, options: Settled): Promise<RowEnd | undefined> {
  const { signal, dryRun, now, open, report } = options;
  const started = now();
  const label = options.labels(row);
  const reporter = new RowReporter(label, report);
  let series: Series | undefined;
  let reached: { readonly series: Series; readonly disk: RowDisk } | undefined;
  let isAnothers = false;
  let end: RowEnd;
  let result: RowResult | undefined;
  try {
    const reason = await options.notNow?.();
    if (reason !== undefined) {
      reporter.note(`not run: ${reason}`);
      return undefined;
    }
    series = new Series(open(row.destination, undefined, wrapFor(row.encrypt)), row.name);
    const disk = await RowDisk.look(row, series, options.memory, started, options.acceptChanges, (message) =>
      reporter.note(message),
    );
    reached = { series, disk };
    signal.throwIfAborted();
    disk.refuseOverdue(row);
    const doubt = await disk.doubt(series);
    for (const message of [doubt, sourceMark(row), ...oddExcludes(row)]) {
      if (message !== undefined) reporter.warn(message);
    }
    if (disk.away === undefined) {
      result = await runRow(row, series, { ...options, pool }, reporter);
      end = endOfResult(row, series, result, options, started);
    } else end = endOfWaiting(row, disk.away, options, started);
  } catch (error) {
    end = endOfFailure(row, signal.aborted ? stopped() : error, options, started);
    // Not even a line of the log is written where another run, or another machine, is at work.
    isAnothers =
      (end.error?.code === 'E_LOCKED' && !(error instanceof LockLostError)) || isRefusal(end.guards);
  }
  try {
    if (reached !== undefined && !dryRun && !isAnothers) {
      await remember(reached, recordOf(end, started, result), now(), reporter);
    }
  } catch (error) {
    end = { ...end, error: errorOf(error), status: gravestStatus([end.status, EXIT_STATUS.E_INTERNAL]) };
  }
  await series?.store.close();
  const called = { ...end, row: label };
  report(called);
  return called;
}

/** Remembers how a row ended, where that can be. */
async function remember(
  { series, disk }: { readonly series: Series; readonly disk: RowDisk },
  record: RunRecord,
  now: Date,
  reporter: RowReporter,
): Promise<void> {
  // Nor is it written where the disk is not.
  if (disk.away === undefined) await log(series, record, reporter);
  await disk.remember(series, record, now);
}

/** Opens stores that share one limit. */
function limited({ open = openStore, bytesPerSecond, signal }: RunOptions): typeof openStore {
  const limit = bytesPerSecond === undefined ? undefined : new RateLimit(bytesPerSecond, signal);
  return (destination, _, wrap) => open(destination, limit, wrap);
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
