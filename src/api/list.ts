import { rowOf } from '../jobs/address.ts';
import { list as listSeries, type ListedSeries } from '../jobs/look/list.ts';
import { type CallOptions, eachOf, recallHere, type SeriesOptions } from './api-options.ts';

export interface ListCall extends Pick<CallOptions<never>, 'plan'>, Partial<SeriesOptions> {}

/**
 * What snapshots there are, of one series or of all in a plan.
 *
 * @throws {@link SnapshotError} `E_USAGE` when there is no such series, `E_PLAN`, `E_STORE`.
 */
export async function list(options: ListCall = {}): Promise<readonly ListedSeries[]> {
  const { all, plan } = await eachOf(options);
  const recall = recallHere();
  const now = new Date();
  return await Promise.all(
    all.map(async (one) => await listSeries(one, plan && rowOf(one, plan), recall, now)),
  );
}
