import { knownPast, type Watched } from './known-past.ts';
import type { Recall } from './memory.ts';
import { type RowStatus, statusOf } from './status.ts';

/** How one series is doing. */
export interface SeriesStatus extends RowStatus {
  readonly series: string;
  readonly destination: string;
  readonly everyMs: number;
  /** Lines of its log that say nothing. */
  readonly unreadable: number;
  /** Runs in its log that were made while the clock was wrong. */
  readonly wrongClocks?: number | undefined;
}

/**
 * How `series` is doing, by its log and what this machine remembers: no archive and no index is read. Nothing is
 * written.
 */
export async function readStatus(watched: Watched, now: Date, recall: Recall): Promise<SeriesStatus> {
  const { series, everyMs } = watched;
  const { records, unreadable, wrongClocks, away, trouble } = await knownPast(watched, now, recall);
  const status = statusOf(records, everyMs, now, away?.message);
  const of = { series: series.name, destination: series.store.location, everyMs, unreadable, wrongClocks };
  if (trouble === undefined) return { ...status, ...of };
  return { ...status, ...of, state: 'failing', isFailing: true, reasons: [trouble, ...status.reasons] };
}
