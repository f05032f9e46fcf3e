// Whether the disk of a destination is there, and what it means when it is not.
import { SnapshotError } from '../../base/errors.ts';
import { isApart, isThere } from '../../host/file-systems.ts';
import { fixedFolders } from '../../host/state-folder.ts';
import { readMarker } from '../../series/disk-marker.ts';
import { snapshotTime } from '../../series/names.ts';
import type { Series } from '../../series/series.ts';
import type { KnownDestination } from '../status/memory.ts';
import { formatLocal } from '../moment.ts';
import { pairAway } from '../sync/pair-away.ts';
import { PairSeries } from '../sync/pair-series.ts';
import { ageText, latestSuccess, overdueFrom, withoutFuture } from '../status/status.ts';

/** What is at a destination. */
export interface Seen {
  /** The id of the disk, if a marker says. */
  readonly disk: string | undefined;
  /** Snapshots of the series in question. */
  readonly hasSnapshots: boolean;
  /** It is on the file system of what is always there: where a disk should be mounted, none is. */
  readonly isFixed: boolean;
}

/** The disk of a destination is not there. */
export interface Away {
  /** When a run first found it so: now, if none has yet. */
  readonly since: string;
  readonly lastSuccess: string | null;
  readonly isOverdue: boolean;
  readonly message: string;
}

/**
 * Whether a run may write. Not when the disk is `absent`: an empty folder may be where it is mounted, and what is
 * written there would fill another disk, and be hidden when it comes back. Nor when there is `another` one, that was
 * never seen here and has none of these snapshots. Snapshots on a file system that is always there are no sign of a disk: a
 * run has once written them where it is mounted. What cannot be unplugged is always `here`.
 */
export function judgeDisk(known: KnownDestination | undefined, seen: Seen): 'here' | 'absent' | 'another' {
  if (known?.isRemovable !== true) return 'here';
  if (seen.disk !== undefined && known.disks.includes(seen.disk)) return 'here';
  if (seen.hasSnapshots && !seen.isFixed) return 'here';
  return seen.disk === undefined ? 'absent' : 'another';
}

/** Whether the disk of `series` is away, by what is `known` of its destination. Nothing is written. */
export async function findAway(
  series: Series,
  everyMs: number,
  known: KnownDestination | undefined,
  now: Date,
): Promise<Away | undefined> {
  if (series instanceof PairSeries) return await pairAway(series, everyMs, known, now);
  if (known?.isRemovable !== true) return undefined;
  const verdict = judgeDisk(known, await see(series));
  if (verdict === 'here') return undefined;
  const past = known.series.find(({ name }) => name === series.name);
  const lastSuccess = latestSuccess(withoutFuture(past?.records ?? [], now))?.started ?? null;
  const since = past?.waitingSince ?? now.toISOString();
  const isOverdue = now.getTime() > overdueFrom(Date.parse(lastSuccess ?? since), everyMs);
  const what =
    verdict === 'another' ? 'waiting for its disk, as another one is there,' : 'waiting for its disk';
  const age =
    lastSuccess === null
      ? 'there was no success yet'
      : `the last success was ${ageText(now.getTime() - Date.parse(lastSuccess))} ago`;
  const message = `${what} since ${formatLocal(new Date(since))}; ${age}`;
  return { since, lastSuccess, isOverdue, message };
}

async function see({ store, name }: Series): Promise<Seen> {
  const { folder } = store;
  if (folder !== undefined && !(await isThere(folder)))
    return { disk: undefined, hasSnapshots: false, isFixed: true };
  try {
    const items = await store.list(name);
    const hasSnapshots = items.some((item) => item.isFolder && snapshotTime(item.name) !== undefined);
    const isFixed = folder !== undefined && !(await isApart(folder, fixedFolders()));
    return { disk: await readMarker(store), hasSnapshots, isFixed };
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    // There is something that cannot be read: whoever uses it fails, and says why.
    return { disk: undefined, hasSnapshots: true, isFixed: false };
  }
}
