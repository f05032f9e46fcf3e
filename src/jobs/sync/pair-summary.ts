import { isRun, isSuccess } from '../../series/past.ts';
import { readRuns } from '../../series/read-runs.ts';
import { lastConflicts } from '../status/status.ts';
import type { PairSeries } from './pair-series.ts';

/** What this machine knows of a pair; neither side is looked at. */
export interface PairSummary {
  readonly series: string;
  readonly sides: readonly [string, string];
  /** When both were the same for the last time; undefined: they never were. */
  readonly synced: Date | undefined;
  /** What the last sync that did something had to decide, in words. */
  readonly conflicts: readonly string[];
}

/** @throws {@link SnapshotError} when what is known cannot be read. */
export async function pairSummary(series: PairSeries): Promise<PairSummary> {
  const runs = (await readRuns(series)).records.filter(isRun);
  const last = runs.findLast(isSuccess);
  return {
    series: series.title,
    sides: series.sides,
    synced: last === undefined ? undefined : new Date(last.finished ?? last.started),
    conflicts: lastConflicts(runs),
  };
}
