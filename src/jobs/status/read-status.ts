import { SnapshotError } from '../../base/errors.ts';
import type { Series } from '../../series/series.ts';
import { whatAndWayOut } from '../run/previous.ts';
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
 * How `series` is doing, by its log, what this machine remembers, and whether its snapshots can be read: no archive and
 * no index is. Nothing is written.
 */
export async function readStatus(watched: Watched, now: Date, recall: Recall): Promise<SeriesStatus> {
  const { series, everyMs } = watched;
  const { records, unreadable, wrongClocks, away, trouble } = await knownPast(watched, now, recall);
  const status = statusOf(records, everyMs, now, away?.message);
  const of = {
    series: watched.row?.label ?? series.name,
    destination: series.store.location,
    everyMs,
    unreadable,
    wrongClocks,
  };
  const wrong = [
    ...(trouble === undefined ? [] : [trouble]),
    ...(away === undefined ? await damageOf(series) : []),
  ];
  if (wrong.length === 0) return { ...status, ...of };
  // A folder that nobody may look into is in the way of both.
  const reasons = [...new Set([...wrong, ...status.reasons])];
  return { ...status, ...of, state: 'failing', isFailing: true, reasons };
}

/** Snapshots that are damaged, as far as their info.json tells. */
async function damageOf(series: Series): Promise<readonly string[]> {
  try {
    const { damaged } = await series.survey();
    return damaged.map(({ name, error }) => `snapshot ${name} is damaged: ${whatAndWayOut(error)}`);
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return [error.message];
  }
}
