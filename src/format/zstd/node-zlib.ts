// zstd of Node itself: 22.15 and later.
import zlib from 'node:zlib';
import { uncut } from '../../base/uncut.ts';
import { checked, type Compressor, concatInto, type Decompressor, garbageCollector, LEVEL } from './codec.ts';

/** What node:zlib grows a frame by; its own 16 KiB would make hundreds of pieces. */
const CHUNK_BYTES = 256 * 1024;

/** The part of node:zlib that newer versions have, and the type definitions of Node 20 lack. */
interface NodeZlib {
  readonly zstdCompressSync?: (content: Uint8Array, options: object) => Buffer;
  readonly zstdDecompressSync?: (frame: Uint8Array, options: object) => Buffer;
  readonly constants: Readonly<Record<string, number>>;
}

export function nodeCompressor(): Compressor | undefined {
  const { zstdCompressSync, constants } = zlib as unknown as NodeZlib;
  if (zstdCompressSync === undefined) return undefined;
  const params = {
    [constants['ZSTD_c_compressionLevel'] ?? 100]: LEVEL,
    [constants['ZSTD_c_checksumFlag'] ?? 201]: 1,
  };
  const collect = garbageCollector();
  return {
    compress(content, out) {
      const options = { params, pledgedSrcSize: content.length, chunkSize: CHUNK_BYTES };
      const frame = uncut(() => zstdCompressSync(content, options));
      const result = concatInto(out, [frame]);
      collect(frame.length);
      return result;
    },
  };
}

export function nodeDecompressor(): Decompressor | undefined {
  const { zstdDecompressSync } = zlib as unknown as NodeZlib;
  if (zstdDecompressSync === undefined) return undefined;
  const decompress = (frame: Uint8Array, sizeBytes: number): Buffer =>
    uncut(() => zstdDecompressSync(frame, { maxOutputLength: Math.max(sizeBytes, 1) }));
  return checked(decompress);
}
