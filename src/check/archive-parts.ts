// A large archive, cut where one member ends and another begins, so that several threads can read it.
import type { ArchivePart, ArchiveSource } from '../format/found-member.ts';
import { readSeekTable } from '../format/zstd/read-seek-table.ts';
import { type FrameSize, FULL_FRAME_BYTES } from '../format/zstd/seek-table.ts';

/** What a part holds at least: about a third of a second of reading. */
const PART_BYTES = 64 * 1024 * 1024;

/** What is smaller is not worth it. */
const LEAST_BYTES = 16 * 1024 * 1024;

/**
 * Larger than what a run writes, but for one with a single large file, which cannot be cut. It is read twice, for its
 * SHA-256 as well: the second time from memory, which may be too small for this.
 */
const MOST_BYTES = 1024 * 1024 * 1024;

/** Whether a tar.zst of this size may be cut. */
export function mayBeCut(sizeBytes: number): boolean {
  return sizeBytes >= LEAST_BYTES && sizeBytes <= MOST_BYTES;
}

/**
 * Cuts an archive by its seek table. That it says the truth, and that each part really ends with a member, is for who
 * reads it to see: then every one begins with a member, as the first one does.
 *
 * @returns None when there is no such table.
 */
export async function partsOf(
  source: ArchiveSource,
  partBytes: number = PART_BYTES,
): Promise<readonly ArchivePart[]> {
  const frames = (await readSeekTable(source)) ?? [];
  const starts: number[] = frames.length > 0 ? [0] : [];
  let contentBytes = 0;
  for (const [i, frame] of frames.entries()) {
    if (contentBytes >= partBytes && isCut(frames[i - 1], frame)) {
      starts.push(i);
      contentBytes = 0;
    }
    contentBytes += frame.contentBytes;
  }
  let from = 0;
  return starts.map((start, n) => {
    const own = frames.slice(start, starts[n + 1]);
    const to = own.reduce((sum, { compressedBytes }) => sum + compressedBytes, from);
    const part = { from, to, frames: own, isLast: n === starts.length - 1 };
    from = to;
    return part;
  });
}

/** Whether a member begins with `frame`, by its size: where a large file goes on, that or the one before it is full. */
function isCut(before: FrameSize | undefined, frame: FrameSize): boolean {
  return (
    before?.contentBytes !== FULL_FRAME_BYTES &&
    frame.contentBytes !== FULL_FRAME_BYTES &&
    // What belongs to an empty file before it.
    frame.contentBytes > 0
  );
}
