import { SnapshotError } from '../errors.ts';
import type { Row } from '../plan/plan.ts';
import { isRun } from '../snapshot/past.ts';
import { readRuns } from '../snapshot/read-runs.ts';
import { Series } from '../snapshot/series.ts';
import { LocalStore } from '../store/local-store.ts';

/**
 * When each of `rows` had been run for the last time: the time of the one that has waited longest, or undefined
 * when one has never been run. A run that was stopped, or died, counts for the rows that it was done with.
 */
export async function lastRun(rows: readonly Row[]): Promise<Date | undefined> {
  const times = await Promise.all(rows.map(lastOf));
  if (times.includes(undefined)) return undefined;
  return new Date(Math.min(...times.map((time) => time?.getTime() ?? 0)));
}

async function lastOf(row: Row): Promise<Date | undefined> {
  try {
    const { records } = await readRuns(new Series(new LocalStore(row.destination), row.name));
    // One that failed had its chance.
    const starts = records
      .filter((record) => isRun(record) && record.outcome !== 'stopped')
      .map(({ started }) => Date.parse(started));
    return starts.length === 0 ? undefined : new Date(Math.max(...starts));
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    // The run that follows says what is the matter with that place.
    return undefined;
  }
}
