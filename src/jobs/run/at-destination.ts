// A row at one destination: reaching it, running there, and noting how that ended.
import { EXIT_STATUS, gravestStatus, SnapshotError } from '../../base/errors.ts';
import type { WorkerPool } from '../../pack/pool.ts';
import type { Row } from '../../plan/plan.ts';
import { wrapFor } from '../../series/crypt/wrap.ts';
import { WATCH_FILE } from '../../series/names.ts';
import { LockLostError } from '../../series/lock/lock.ts';
import { appendRecord, type RunRecord } from '../../series/runs-log.ts';
import type { Series } from '../../series/series.ts';
import type { RowEnd } from '../events.ts';
import { sourceMark } from '../left-out.ts';
import { seriesOf } from '../store-of.ts';
import { oddExcludes } from '../odd-patterns.ts';
import { RowDisk } from './row-disk.ts';
import { endOfFailure, endOfKept, endOfResult, endOfWaiting, errorOf, recordOf, stopped } from './row-end.ts';
import { RowReporter } from './row-reporter.ts';
import type { RowOptions, RowResult } from './row-context.ts';
import { runRow } from './row.ts';
import type { Settled } from './run-options.ts';
import { isRefusal } from './whose.ts';

export class AtDestination {
  readonly row: Row;
  readonly label: string;
  readonly reporter: RowReporter;
  readonly started: Date;
  readonly #options: Settled;
  #series: Series | undefined;
  #disk: RowDisk | undefined;
  #isAnothers = false;
  #hasPassed = false;
  #end: RowEnd | undefined;
  #result: RowResult | undefined;
  #record: RunRecord | undefined;

  constructor(row: Row, options: Settled) {
    this.row = row;
    this.label = options.labels(row);
    this.reporter = new RowReporter(this.label, options.report);
    this.started = options.now();
    this.#options = options;
  }

  /** The series there. @throws When it was never reached. */
  get series(): Series {
    if (this.#series === undefined) throw new Error('not reached');
    return this.#series;
  }

  /** How it ended; undefined as long as it has not. */
  get end(): RowEnd | undefined {
    return this.#end;
  }

  /** What the run there came to, if it did not fail. */
  get result(): RowResult | undefined {
    return this.#result;
  }

  /**
   * Looks whether it is there. If not, that is how it ended.
   *
   * @param isFirst - What is about the row, and not about the destination, is said once.
   * @returns Whether the row can be run there.
   */
  async reach(isFirst = true): Promise<boolean> {
    const { row, reporter } = this;
    const { open, memory, acceptChanges, signal } = this.#options;
    try {
      const series = seriesOf(row, () => open(row.destination, undefined, wrapFor(row.encrypt)));
      this.#series = series;
      const note = (message: string): void => reporter.note(message);
      const disk = await RowDisk.look(row, series, memory, this.started, acceptChanges, note);
      this.#disk = disk;
      signal.throwIfAborted();
      disk.refuseOverdue(row);
      const doubt = await disk.doubt(series);
      for (const message of [doubt, ...(isFirst ? [sourceMark(row), ...oddExcludes(row)] : [])])
        if (message !== undefined) reporter.warn(message);
      if (disk.away === undefined) return true;
      this.#end = endOfWaiting(row, disk.away, this.#options, this.started);
    } catch (error) {
      this.fail(error);
    }
    return false;
  }

  /** Backs the row up. @param others - What is known of its other destinations. */
  async run(pool: WorkerPool, others: Pick<RowOptions, 'numbers' | 'lackedElsewhere'> = {}): Promise<void> {
    try {
      const options = { ...this.#options, pool, ...others };
      const bringUp = await wayOf(this.row);
      this.#result = await bringUp(this.row, this.series, options, this.reporter);
      this.#end = endOfResult(this.row, this.series, this.#result, this.#options, this.started);
    } catch (error) {
      if (!(await this.#isKept(error))) this.fail(error);
    }
  }

  /** A pass over a mirror that is kept up to date has ended: it is noted, and told where there is something to tell. */
  async passed(result: RowResult, started: Date): Promise<RowEnd> {
    return await this.#tell(
      endOfResult(this.row, this.series, result, this.#options, started),
      started,
      result,
    );
  }

  /** Such a pass has failed, and it is kept on all the same. */
  async passFailed(error: SnapshotError, started: Date): Promise<RowEnd> {
    return await this.#tell(endOfFailure(this.row, error, this.#options, started), started, undefined);
  }

  async #tell(end: RowEnd, started: Date, result: RowResult | undefined): Promise<RowEnd> {
    this.#hasPassed = true;
    if (this.#disk !== undefined) await this.#remember(this.#disk, recordOf(end, started, result));
    this.#options.report({ ...end, row: this.label });
    return end;
  }

  /** Whether a mirror is locked as `watch` keeps it up to date: then there is nothing to do. */
  async #isKept(error: unknown): Promise<boolean> {
    const isLocked = error instanceof SnapshotError && error.code === 'E_LOCKED';
    if (!isLocked || this.row.strategy !== 'mirror' || this.#options.stay !== undefined) return false;
    if (!(await isWatched(this.series))) return false;
    this.reporter.note('kept by watch');
    this.#end = endOfKept(this.row, this.#options, this.started);
    this.#isAnothers = true;
    return true;
  }

  /** It ended by throwing `error`, or because the user has stopped it. */
  fail(error: unknown): void {
    this.#end = endOfFailure(
      this.row,
      this.#options.signal.aborted ? stopped() : error,
      this.#options,
      this.started,
    );
    // Not even a line of the log is written where another run, or another machine, is at work.
    this.#isAnothers =
      (this.#end.error?.code === 'E_LOCKED' && !(error instanceof LockLostError)) ||
      isRefusal(this.#end.guards);
  }

  /** What came after it failed with `error`: it is as it ended, and graver. */
  alsoFailed(error: SnapshotError): void {
    this.reporter.warn(error.message);
    if (this.#end === undefined) return;
    const status = gravestStatus([this.#end.status, EXIT_STATUS[error.code]]);
    this.#end = { ...this.#end, status, error: this.#end.error ?? errorOf(error) };
  }

  /** It ended otherwise. @param record - What is to be noted of that. */
  endAs(end: RowEnd, record: RunRecord): void {
    this.#end = end;
    this.#record = record;
  }

  /** It ended as it did at another destination, where the row itself failed. */
  endLike(end: RowEnd): void {
    this.#end = end;
    this.#isAnothers = end.error?.code === 'E_LOCKED';
  }

  /** Notes how it ended, where that can be, and tells it. */
  async finish(): Promise<RowEnd> {
    const { dryRun, report } = this.#options;
    let end = this.#end ?? endOfFailure(this.row, stopped(), this.#options, this.started);
    try {
      const isNoted = this.#hasPassed && end.error === null;
      if (this.#disk !== undefined && !dryRun && !this.#isAnothers && !isNoted)
        await this.#remember(this.#disk, this.#record ?? recordOf(end, this.started, this.#result));
    } catch (error) {
      end = {
        ...end,
        error: errorOf(error),
        status: gravestStatus([end.status, EXIT_STATUS.E_INTERNAL]),
      };
    }
    await this.#series?.store.close();
    const called = { ...end, row: this.label };
    // Each of its passes was told.
    if (!this.#hasPassed || end.error !== null) report(called);
    return called;
  }

  async #remember(disk: RowDisk, record: RunRecord): Promise<void> {
    // Nor is it written where the disk is not.
    if (disk.away === undefined) await log(this.series, record, this.reporter);
    await disk.remember(this.series, record, this.#options.now());
  }
}

/** What brings a row up to date: loaded when it is needed, as most plans have snapshots only. */
async function wayOf({ strategy }: Row): Promise<typeof runRow> {
  if (strategy === 'mirror') return (await import('../mirror/mirror-row.ts')).mirrorRow;
  return strategy === 'sync' ? (await import('../sync/sync-row.ts')).syncRow : runRow;
}

async function isWatched(series: Series): Promise<boolean> {
  try {
    return (await series.store.read(series.key(WATCH_FILE))) !== undefined;
  } catch (error) {
    // That it is locked is said then.
    if (!(error instanceof SnapshotError)) throw error;
    return false;
  }
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
