import { SnapshotError } from '../errors.ts';
import { type PastRuns, readRuns } from '../snapshot/read-runs.ts';
import type { Series } from '../snapshot/series.ts';
import { inOrder, type RowStatus, statusOf } from './status.ts';

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

/** How `series` is doing, by its log alone: no archive and no index is read. Nothing is written. */
export async function readStatus({ series, everyMs }: Watched, now: Date): Promise<SeriesStatus> {
  const { records, unreadable, trouble } = await pastOf(series);
  const status = statusOf(inOrder(records, now), everyMs, now);
  const known = { series: series.name, destination: series.store.location, everyMs, unreadable };
  if (trouble === undefined) return { ...status, ...known };
  return { ...status, ...known, state: 'failing', isFailing: true, reasons: [trouble, ...status.reasons] };
}

/** The records of a log that can be read; otherwise, why it cannot. */
async function pastOf(series: Series): Promise<PastRuns & { readonly trouble?: string }> {
  try {
    return await readRuns(series);
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return { records: [], unreadable: 0, trouble: error.message };
  }
}
