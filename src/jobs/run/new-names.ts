// What a new snapshot and its archives are called.
import { archiveDate, nextArchiveDate, nextSnapshotName } from '../../series/names.ts';
import { nextSequence, type Numbers } from '../../series/order.ts';
import type { Series, Survey } from '../../series/series.ts';

export interface NewNames {
  readonly snapshot: string;
  /** The date in the names of its archives with content. */
  readonly archiveDate: string;
  /** The number of the snapshot in its series. */
  readonly sequence: number;
}

/** Names that nothing in `series` has, for a snapshot that begins at `started`. @param given - See {@link nextSequence}. */
export async function newNames(
  series: Series,
  { snapshots, unfinished, kept, damaged, foreign }: Survey,
  started: Date,
  given?: Numbers,
): Promise<NewNames> {
  const broken = [...unfinished, ...kept, ...damaged.map(({ name }) => name)];
  const snapshot = nextSnapshotName(started, [...snapshots.map(({ name }) => name), ...broken, ...foreign]);
  const dates = datesOf(snapshots);
  // What they name is not known; what lies there is.
  for (const name of broken) for (const date of await series.archiveDates(name)) dates.add(date);
  return {
    snapshot,
    archiveDate: nextArchiveDate(snapshot, [...dates]),
    sequence: nextSequence(snapshots, given),
  };
}

/** The dates in the names of all archives with content that `snapshots` have. */
export function datesOf(snapshots: Survey['snapshots']): Set<string> {
  const files = snapshots.flatMap(({ info }) => info.archives.map(({ file }) => file));
  return new Set([...new Set(files)].flatMap((file) => archiveDate(file) ?? []));
}
