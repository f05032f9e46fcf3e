// One of several series that could not be looked into, which does not end what is said of the others.
import { SnapshotError } from '../base/errors.ts';
import type { Series } from '../series/series.ts';

export interface SeriesFailure {
  readonly series: Series;
  readonly error: SnapshotError;
}

/** What `work` comes to, or why it failed. @param goesOn - There are others: then it does not throw. */
export async function orFailure<T>(
  series: Series,
  goesOn: boolean,
  work: () => Promise<T>,
): Promise<T | SeriesFailure> {
  try {
    return await work();
  } catch (error) {
    if (!goesOn || !(error instanceof SnapshotError) || error.code === 'E_STOPPED') throw error;
    return { series, error };
  }
}
