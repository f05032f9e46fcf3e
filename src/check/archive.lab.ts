import type { Member } from '../format/member.ts';
import { maxHeaderBytes, paddedBytes, writeHeader } from '../format/tar/tar.ts';
import { seekTable } from '../format/zstd/seek-table.ts';
import { loadCompressor } from '../format/zstd/zstd.ts';

const compressor = await loadCompressor();

/** A file in a tar, with its header. */
export function memberOf(path: string, content: Uint8Array): Buffer {
  const facts: Member = {
    path,
    type: 'file',
    size: content.length,
    mode: 0o644,
    uid: 1000,
    gid: 1000,
    user: undefined,
    group: undefined,
    mtimeNs: 1_700_000_000_000_000_001n,
    target: undefined,
  };
  const bytes = Buffer.alloc(maxHeaderBytes(facts) + paddedBytes(content.length));
  const headerBytes = writeHeader(bytes, 0, facts);
  bytes.set(content, headerBytes);
  return bytes.subarray(0, headerBytes + paddedBytes(content.length));
}

/** A tar.zst whose frames hold `contents`. */
export interface Framed {
  readonly bytes: Buffer;
  readonly frames: readonly Buffer[];
}

/** @param table - From the sizes of the frames; by default, the one that tells them. */
export function framed(contents: readonly Uint8Array[], table: typeof seekTable = seekTable): Framed {
  const frames = contents.map((content) => Buffer.from(compressor.compress(content)));
  const sizes = frames.map((frame, i) => ({
    compressedBytes: frame.length,
    contentBytes: contents[i]?.length ?? 0,
  }));
  return { bytes: Buffer.concat([...frames, table(sizes)]), frames };
}
