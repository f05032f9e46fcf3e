// The table that ends a tar.zst: the size of every frame, so that readers can jump. zstd seekable format 0.1.0,
// https://github.com/facebook/zstd/blob/dev/contrib/seekable_format/zstd_seekable_compression_format.md
import type { ArchiveSource } from '../found-member.ts';

const SKIPPABLE_MAGIC = 0x184d2a5e;
const SEEKABLE_MAGIC = 0x8f92eab1;
/** What one frame takes in it. */
export const ENTRY_BYTES = 8;
const HEADER_BYTES = 8;
const FOOTER_BYTES = 9;

/** What the frames of a large file hold, each but the first, which has its header, and the last. */
export const FULL_FRAME_BYTES: number = 4 * 1024 * 1024;

/** More frames than any archive has that is read in parts. */
const MOST_FRAMES = 100_000;

export interface FrameSize {
  readonly compressedBytes: number;
  readonly contentBytes: number;
}

/** The seek table for `frames`, as one skippable frame. */
export function seekTable(frames: readonly FrameSize[]): Uint8Array {
  const entries = Buffer.alloc(frames.length * ENTRY_BYTES);
  for (const [i, { compressedBytes, contentBytes }] of frames.entries()) {
    entries.writeUInt32LE(compressedBytes, i * ENTRY_BYTES);
    entries.writeUInt32LE(contentBytes, i * ENTRY_BYTES + 4);
  }
  const { header, footer } = seekTableEnds(frames.length);
  return Buffer.concat([header, entries, footer]);
}

/** What stands before and after the entries of a table of so many frames. */
export function seekTableEnds(frames: number): { readonly header: Buffer; readonly footer: Buffer } {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(SKIPPABLE_MAGIC, 0);
  header.writeUInt32LE(frames * ENTRY_BYTES + FOOTER_BYTES, 4);
  const footer = Buffer.alloc(FOOTER_BYTES);
  footer.writeUInt32LE(frames, 0);
  // The descriptor byte stays 0: no checksums, since every frame has its own.
  footer.writeUInt32LE(SEEKABLE_MAGIC, 5);
  return { header, footer };
}

/**
 * The sizes of all frames before the seek table that ends `source`, as the table says them: they fill it up to where
 * the table begins. Whether they are those of the frames is not looked at.
 *
 * @returns Undefined when it does not end with such a table, or with a very large one.
 */
export async function readSeekTable(source: ArchiveSource): Promise<readonly FrameSize[] | undefined> {
  const { sizeBytes } = source;
  if (sizeBytes < HEADER_BYTES + FOOTER_BYTES) return undefined;
  const count = (await source.read(sizeBytes - FOOTER_BYTES, FOOTER_BYTES)).readUInt32LE(0);
  const at = sizeBytes - (HEADER_BYTES + count * ENTRY_BYTES + FOOTER_BYTES);
  if (count > MOST_FRAMES || at < 0) return undefined;
  const bytes = await source.read(at, sizeBytes - at);
  const frames = Array.from({ length: count }, (_, i): FrameSize => {
    const entry = HEADER_BYTES + i * ENTRY_BYTES;
    return { compressedBytes: bytes.readUInt32LE(entry), contentBytes: bytes.readUInt32LE(entry + 4) };
  });
  const isExact = bytes.equals(seekTable(frames)) && sumOf(frames) === at;
  return isExact ? frames : undefined;
}

function sumOf(frames: readonly FrameSize[]): number {
  return frames.reduce((sum, { compressedBytes }) => sum + compressedBytes, 0);
}
