// What takes the space of a series: by folder, by snapshot, and how it grows.
import { newBytesOf } from '../../series/info.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import { bytesOf } from '../../series/series-size.ts';
import { chooseSnapshot } from '../address.ts';
import { type FolderSize, folderSizes } from './folder-sizes.ts';

export interface SnapshotSize {
  readonly name: string;
  readonly at: Date;
  /** Of all files, as the source had them. */
  readonly bytes: number;
  /** What it added on disk. */
  readonly newBytes: number;
  /** What is on disk for it alone: what its removal would free. */
  readonly ownBytes: number;
  /** What it and all older ones take on disk, of those that are there. */
  readonly totalBytes: number;
}

/** How fast a series grew, over its last days. */
export interface Growth {
  readonly days: number;
  /** Written in that time. */
  readonly bytes: number;
}

export interface SeriesStats {
  /** The snapshot whose folders are told. */
  readonly snapshot: Snapshot;
  readonly folders: readonly FolderSize[];
  /** Oldest first. */
  readonly snapshots: readonly SnapshotSize[];
  /** On disk, all together; what they share counts once. */
  readonly bytes: number;
  /** Undefined while there is less than a day to tell it by. */
  readonly growth: Growth | undefined;
}

/** @param depth - How many levels of folders are told. */
export async function statsOf(series: Series, when: string | undefined, depth: number): Promise<SeriesStats> {
  const survey = await series.survey();
  const { snapshots } = survey;
  const snapshot = chooseSnapshot(survey, when);
  return {
    snapshot,
    folders: await folderSizes(async () => await series.entryLines(snapshot), depth),
    snapshots: sizesOf(snapshots),
    bytes: bytesOf(snapshots),
    growth: growthOf(snapshots),
  };
}

/** @param snapshots - All of a series, oldest first. */
export function sizesOf(snapshots: readonly Snapshot[]): readonly SnapshotSize[] {
  const users = new Map<string, number>();
  for (const one of snapshots)
    for (const sum of filesOf(one).keys()) users.set(sum, (users.get(sum) ?? 0) + 1);
  const seen = new Set<string>();
  let totalBytes = 0;
  return snapshots.map((one) => {
    let ownBytes = 0;
    for (const [sum, bytes] of filesOf(one)) {
      if (users.get(sum) === 1) ownBytes += bytes;
      if (!seen.has(sum)) totalBytes += bytes;
      seen.add(sum);
    }
    const { name, at, info } = one;
    return { name, at, bytes: info.bytes, newBytes: newBytesOf(name, info), ownBytes, totalBytes };
  });
}

/** The sizes of the files that it needs, by their SHA-256. */
function filesOf({ info }: Snapshot): ReadonlyMap<string, number> {
  const files = [...info.archives, info.index, info.changes, info.dead];
  return new Map(files.flatMap((file) => (file === null ? [] : [[file.sha256, file.bytes] as const])));
}

const DAY_MS = 86_400_000;
/** Longer ago says little of what is coming. */
const MOST_DAYS = 30;

/** What snapshots after the first wrote; the first has everything, which is no growth. */
export function growthOf(snapshots: readonly Snapshot[]): Growth | undefined {
  const [first, last] = [snapshots[0], snapshots.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const startMs = Math.max(first.at.getTime(), last.at.getTime() - MOST_DAYS * DAY_MS);
  const days = (last.at.getTime() - startMs) / DAY_MS;
  if (days < 1) return undefined;
  const later = snapshots.slice(1).filter(({ at }) => at.getTime() > startMs);
  return { days, bytes: later.reduce((sum, { name, info }) => sum + newBytesOf(name, info), 0) };
}
