import { isRun } from '../../series/past.ts';
import { readRuns } from '../../series/read-runs.ts';
import { formatLocal } from '../moment.ts';
import type { Away } from '../run/away.ts';
import type { KnownDestination } from '../status/memory.ts';
import { ageText, latestSuccess, overdueFrom, withoutFuture } from '../status/status.ts';
import type { PairSeries } from './pair-series.ts';

/**
 * Whether a side of a pair that was synced before is not there: most likely its disk is not connected. Of one that never was,
 * the sync says what is wrong.
 */
export async function pairAway(
  series: PairSeries,
  everyMs: number,
  known: KnownDestination | undefined,
  now: Date,
): Promise<Away | undefined> {
  const [side] = await series.missing();
  if (side === undefined) return undefined;
  const { records } = await readRuns(series);
  const lastSuccess = latestSuccess(withoutFuture(records.filter(isRun), now))?.started;
  if (lastSuccess === undefined) return undefined;
  const past = known?.series.find(({ name }) => name === series.name);
  const since = past?.waitingSince ?? now.toISOString();
  const age = ageText(now.getTime() - Date.parse(lastSuccess));
  return {
    since,
    lastSuccess,
    isOverdue: now.getTime() > overdueFrom(Date.parse(lastSuccess), everyMs),
    message: `waiting for "${side}", which is not there, since ${formatLocal(new Date(since))}; the last success was ${age} ago`,
  };
}
