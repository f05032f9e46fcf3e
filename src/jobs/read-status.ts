import { SnapshotError } from '../errors.ts';
import { isRun, isSuccess } from '../snapshot/past.ts';
import { type PastRuns, readRuns } from '../snapshot/read-runs.ts';
import type { Series } from '../snapshot/series.ts';
import { findAway } from './away.ts';
import type { Recall } from './memory.ts';
import { joinPasts } from './remember-log.ts';
import { type RowStatus, statusOf } from './status.ts';

/** A series, and how often it is to succeed. */
export interface Watched {
  readonly series: Series;
  readonly everyMs: number;
}

/** How one series is doing. */
export interface SeriesStatus extends RowStatus {
  readonly series: string;
  readonly destination: string;
  readonly everyMs: number;
  /** Lines of its log that say nothing. */
  readonly unreadable: number;
}

/**
 * How `series` is doing, by its log and what this machine remembers: no archive and no index is read. Nothing is
 * written.
 */
export async function readStatus(
  { series, everyMs }: Watched,
  now: Date,
  recall: Recall,
): Promise<SeriesStatus> {
  const destination = series.store.location;
  const known = await recall(destination);
  const away = await findAway(series, everyMs, known, now);
  const { records, unreadable, trouble } = away === undefined ? await pastOf(series) : NO_LOG;
  const all = known?.series.find(({ name }) => name === series.name)?.records ?? [];
  // A success that is not in the log of the only disk is none any more: somebody has deleted the series.
  const isElsewhere = away !== undefined || (known?.disks.length ?? 0) > 1;
  const remembered = all.filter((record) => isElsewhere || (isRun(record) && !isSuccess(record)));
  const past = joinPasts(remembered, records, now);
  const status = statusOf(past, everyMs, now, away?.message);
  const of = { series: series.name, destination, everyMs, unreadable };
  if (trouble === undefined) return { ...status, ...of };
  return { ...status, ...of, state: 'failing', isFailing: true, reasons: [trouble, ...status.reasons] };
}

const NO_LOG: Past = { records: [], unreadable: 0 };

interface Past extends PastRuns {
  /** Why the log cannot be read. */
  readonly trouble?: string;
}

async function pastOf(series: Series): Promise<Past> {
  try {
    return await readRuns(series);
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return { ...NO_LOG, trouble: error.message };
  }
}
