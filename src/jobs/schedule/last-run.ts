import type { Row } from '../../plan/plan.ts';
import { isRun } from '../../series/past.ts';
import { seriesOf } from '../store-of.ts';
import { knownPast } from '../status/known-past.ts';
import type { Recall } from '../status/memory.ts';
import { withoutFuture } from '../status/status.ts';

/**
 * When each of `rows` had been run for the last time: the time of the one that has waited longest, or undefined
 * when one has never been run. A run that was stopped, or died, counts for the rows that it was done with.
 */
export async function lastRun(rows: readonly Row[], now: Date, recall: Recall): Promise<Date | undefined> {
  const times = await Promise.all(rows.map(async (row) => await lastOf(row, now, recall)));
  if (times.includes(undefined)) return undefined;
  return new Date(Math.min(...times.map((time) => time?.getTime() ?? 0)));
}

async function lastOf(row: Row, now: Date, recall: Recall): Promise<Date | undefined> {
  const series = seriesOf(row);
  const { records } = await knownPast({ series, everyMs: row.every }, now, recall);
  // One that failed, or found its disk away, had its chance.
  const starts = withoutFuture(records, now)
    .filter((record) => isRun(record) && record.outcome !== 'stopped')
    .map(({ started }) => Date.parse(started));
  return starts.length === 0 ? undefined : new Date(Math.max(...starts));
}
