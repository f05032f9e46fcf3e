// The table that ends a tar.zst: the size of every frame, so that readers can jump. zstd seekable format 0.1.0,
// https://github.com/facebook/zstd/blob/dev/contrib/seekable_format/zstd_seekable_compression_format.md

const SKIPPABLE_MAGIC = 0x184d2a5e;
const SEEKABLE_MAGIC = 0x8f92eab1;
/** What one frame takes in it. */
export const ENTRY_BYTES = 8;
const HEADER_BYTES = 8;
const FOOTER_BYTES = 9;

/** What the frames of a large file hold, each but the first, which has its header, and the last. */
export const FULL_FRAME_BYTES: number = 4 * 1024 * 1024;

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
