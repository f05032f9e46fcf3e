// What the archives of a snapshot still hold for it, written a second time.
import type { Line, NaiveReader } from './naive-reader.ts';

/** More archives than this are brought down to fewer. */
const MOST = 32;

interface Frame {
  readonly length: number;
  total: number;
  live: number;
}

/**
 * What `snapshot` should have given up: archives from before it that it needs less than half of, by name, and those
 * from before it when they are too many.
 */
export function notGivenUp(reader: NaiveReader, snapshot: string): readonly string[] {
  const { live, dead } = reader.lines(snapshot);
  // A last good copy stays where it is: it cannot be read from the source.
  const keeping = new Set(live.flatMap(({ kept, at }) => (kept === undefined ? [] : [at?.[0]])));
  const { archives, archiveDate } = reader.info(snapshot);
  // Its own are called by its name, or by the date that it gives for them.
  const isOwn = (file: string): boolean =>
    file.includes(`-${snapshot}`) || (archiveDate !== undefined && file.includes(`-${archiveDate}-0`));
  const older = archives.filter(({ file, number }) => !isOwn(file) && !keeping.has(number));
  const wasteful = older.filter(({ number, bytes }) => liveBytes(number, live, dead) * 2 < bytes - 1);
  return (older.length > MOST ? older : wasteful).map(({ file }) => file);
}

/** Content takes as much of its frames as it has of what they hold; an empty file takes a header. */
function liveBytes(archive: number, live: readonly Line[], dead: readonly Line[]): number {
  const frames = new Map<number, Frame>();
  const known = new Set<string>();
  for (const [lines, isLive] of [
    [live, true],
    [dead, false],
  ] as const) {
    for (const { at, size = 0 } of lines) {
      if (at === undefined || at[0] !== archive) continue;
      const [, offset, length, skip] = at;
      // Many entries may have one piece.
      const key = `${offset} ${skip} ${size}`;
      if (known.has(key)) continue;
      known.add(key);
      const frame = frames.get(offset) ?? { length, total: 0, live: 0 };
      frames.set(offset, frame);
      frame.total += size + 1;
      if (isLive) frame.live += size + 1;
    }
  }
  return [...frames.values()].reduce(
    (sum, { length, total, live: part }) => sum + (length * part) / total,
    0,
  );
}
