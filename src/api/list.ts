import { rowOf, seriesOfPlan } from '../jobs/address.ts';
import { list as listSeries, type ListedSeries } from '../jobs/look/list.ts';
import { type CallOptions, eachOf, planOf, recallHere, type SeriesOptions } from './api-options.ts';

export interface ListCall extends Pick<CallOptions<never>, 'plan'>, Partial<SeriesOptions> {}

/**
 * What snapshots there are, of one series or of all in a plan.
 *
 * @throws {@link SnapshotError} `E_USAGE` when there is no such series, `E_PLAN`, `E_STORE`.
 */
export async function list(options: ListCall = {}): Promise<readonly ListedSeries[]> {
  const { series: which } = options;
  const named = which === undefined ? undefined : await eachOf({ ...options, series: which });
  const plan = named === undefined ? await planOf(options) : named.plan;
  const all = named === undefined ? (plan === undefined ? [] : seriesOfPlan(plan)) : named.all;
  const recall = recallHere();
  const now = new Date();
  return await Promise.all(
    all.map(async (one) => await listSeries(one, plan && rowOf(one, plan), recall, now)),
  );
}
