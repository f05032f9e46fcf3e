// Decides which archives to give up. Pure.

/** How much of an archive is still needed. */
export interface Use {
  readonly number: number;
  /** Size of the file. */
  readonly bytes: number;
  /** About so many of them hold content that the tree still has. */
  readonly liveBytes: number;
}

/** More small archives than this are too many, and are brought down to {@link FEWER}. */
const MOST = 32;
/** Far enough below, so that it is not done again the next night. */
const FEWER = 16;

/** An archive that could hold twice as much is a small one. */
const SMALL_BYTES = 256 * 1024 * 1024;

/**
 * Which of `archives` are to be given up: those that are live by less than half, and, where there are more
 * than {@link MOST} small ones, those with the least in them. What is live in them is written again.
 */
export function planUpkeep(archives: readonly Use[]): readonly number[] {
  const wasteful = archives.filter((archive) => archive.liveBytes * 2 < archive.bytes);
  const small = archives
    .filter((archive) => archive.bytes < SMALL_BYTES && !wasteful.includes(archive))
    .toSorted((a, b) => b.liveBytes - a.liveBytes);
  const excess = small.length > MOST ? small.slice(FEWER) : [];
  return [...wasteful, ...excess].map(({ number }) => number);
}

/** A piece of content in an archive. */
export interface Piece {
  readonly archive: number;
  /** Where the frames begin that hold it, and how long they are. */
  readonly offset: number;
  readonly length: number;
  /** Bytes of the content. */
  readonly size: number;
  readonly isLive: boolean;
}

/**
 * How many bytes of each archive are live, by number: content takes as much of its frame as it has of what the
 * frame holds.
 */
export function liveBytes(pieces: Iterable<Piece>): ReadonlyMap<number, number> {
  const archives = new Map<number, Map<number, { length: number; total: number; live: number }>>();
  for (const { archive, offset, length, size, isLive } of pieces) {
    const frames = archives.get(archive) ?? new Map();
    archives.set(archive, frames);
    const frame = frames.get(offset) ?? { length, total: 0, live: 0 };
    frames.set(offset, frame);
    // An empty file takes a header.
    frame.total += size + 1;
    if (isLive) frame.live += size + 1;
  }
  return new Map(
    [...archives].map(([number, frames]) => [
      number,
      [...frames.values()].reduce((sum, { length, total, live }) => sum + (length * live) / total, 0),
    ]),
  );
}
