import type { FileInfo } from './info.ts';
import type { Snapshot } from './series.ts';

/** How much a series has. */
export interface SeriesSize {
  /** How many. */
  readonly snapshots: number;
  /** When the oldest of them began; null without any. */
  readonly oldest: string | null;
  /** What they take on disk, but for a few small files; what they share counts once. */
  readonly bytes: number;
}

/** @param snapshots - All of a series, oldest first. */
export function sizeOfSeries(snapshots: readonly Snapshot[]): SeriesSize {
  const oldest = snapshots[0]?.at.toISOString() ?? null;
  return { snapshots: snapshots.length, oldest, bytes: bytesOf(snapshots) };
}

/** The bytes of all files that `snapshots` name, each content once. */
export function bytesOf(snapshots: readonly Snapshot[]): number {
  const files = new Map<string, number>();
  const add = (file: FileInfo | null): void => {
    if (file !== null) files.set(file.sha256, file.bytes);
  };
  for (const { info } of snapshots) [...info.archives, info.index, info.changes, info.dead].forEach(add);
  return [...files.values()].reduce((sum, bytes) => sum + bytes, 0);
}
