// The table that ends a tar.zst: the size of every frame, so that readers can jump. zstd seekable format 0.1.0,
// https://github.com/facebook/zstd/blob/dev/contrib/seekable_format/zstd_seekable_compression_format.md

const SKIPPABLE_MAGIC = 0x184d2a5e;
const SEEKABLE_MAGIC = 0x8f92eab1;
const ENTRY_BYTES = 8;
const FOOTER_BYTES = 9;

export interface FrameSize {
  readonly compressedBytes: number;
  readonly contentBytes: number;
}

/** The seek table for `frames`, as one skippable frame. */
export function seekTable(frames: readonly FrameSize[]): Uint8Array {
  const bytes = Buffer.alloc(8 + frames.length * ENTRY_BYTES + FOOTER_BYTES);
  bytes.writeUInt32LE(SKIPPABLE_MAGIC, 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  let at = 8;
  for (const frame of frames) {
    bytes.writeUInt32LE(frame.compressedBytes, at);
    bytes.writeUInt32LE(frame.contentBytes, at + 4);
    at += ENTRY_BYTES;
  }
  bytes.writeUInt32LE(frames.length, at);
  // The descriptor byte stays 0: no checksums, since every frame has its own.
  bytes.writeUInt32LE(SEEKABLE_MAGIC, at + 5);
  return bytes;
}
