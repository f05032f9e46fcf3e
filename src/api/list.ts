import { list as listSeries, type ListedSeries } from '../jobs/look/list.ts';
import { withRows } from '../jobs/status/watched.ts';
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
  const watched = await withRows(all, plan, () => {});
  return await Promise.all(watched.map(async (one) => await listSeries(one, recall, now)));
}
