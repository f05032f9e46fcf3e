import type { SnapshotError } from '../base/errors.ts';
import { list as listSeries, type ListedSeries as Listed } from '../jobs/look/list.ts';
import { orFailure } from '../jobs/or-failure.ts';
import { withRows } from '../jobs/status/watched.ts';
import { eachOf, recallHere, type CallOptions, type SeriesOptions } from './api-options.ts';

export interface ListCall extends Pick<CallOptions<never>, 'plan'>, Partial<SeriesOptions> {}

export interface ListedSeries extends Listed {
  /** Why this one of several could not be looked into: nothing is known of what it has then. */
  readonly error?: SnapshotError | undefined;
}

const UNSEEN = { snapshots: [], unfinished: [], odd: [], kept: [], damaged: [], bytes: 0, out: undefined };

/**
 * What snapshots there are, of one series or of all in a plan. One of several that cannot be looked into has an `error`, and does
 * not stop the others.
 *
 * @throws {@link SnapshotError} `E_USAGE` when there is no such series, `E_PLAN`; and when the only one cannot be looked into.
 */
export async function list(options: ListCall = {}): Promise<readonly ListedSeries[]> {
  const { all, plan } = await eachOf(options);
  const recall = recallHere();
  const now = new Date();
  const watched = await withRows(all, plan, () => {});
  return await Promise.all(
    watched.map(async (one) => {
      const found = await orFailure(
        one.series,
        watched.length > 1,
        async () => await listSeries(one, recall, now),
      );
      if (!('error' in found)) return found;
      const name = one.row?.label ?? one.series.name;
      return { ...UNSEEN, name, folder: one.series.place(), error: found.error };
    }),
  );
}
