// One way to zstd, whichever of its two implementations this Node has.
import v8 from 'node:v8';
import { runInNewContext } from 'node:vm';
import zlib from 'node:zlib';
import type * as NodeZstd from '@toondepauw/node-zstd';
import { SnapshotError } from '../../base/errors.ts';
import { loadNative } from '../../base/native.ts';

/** Level 3 is zstd's own default and what the figures in `docs/benchmarks.md` are measured with. */
const LEVEL = 3;

/** RFC 8878, 3.1.1: the magic number, then the frame header descriptor. */
const MAGIC = 0xfd2fb528;
const CHECKSUM_FLAG = 0x04;
const SINGLE_SEGMENT_FLAG = 0x20;
const DICTIONARY_MASK = 0x03;
const SIZE_4_BYTES = 0x80;

/** RFC 8878, 3.1.1.2: a block holds at most 128 KiB of content. */
const MAX_BLOCK_BYTES = 131_072;

export interface Compressor {
  /**
   * One frame that holds all of `content`, with its size and checksum in it. At most 4 GiB - 1.
   *
   * @param out - Memory to put the frame into, if it fits.
   */
  compress(content: Uint8Array, out?: Uint8Array): Uint8Array;
}

export interface Decompressor {
  /**
   * The content of `frame`, which must be exactly one frame of `sizeBytes` of content.
   *
   * @param sizeBytes - Undefined for a frame that does not say it: the caller has seen that the
   * `maxContentBytes` of {@link measureFrame} fits into memory.
   * @throws {@link SnapshotError} `E_DAMAGED` when it is anything else: cut short, changed, followed by more.
   */
  decompress(frame: Uint8Array, sizeBytes: number | undefined): Buffer;
}

/**
 * zstd from Node itself (22.15 and later), else from `@toondepauw/node-zstd`.
 *
 * @throws {@link SnapshotError} `E_HOST` when this machine has neither.
 */
export async function loadCompressor(): Promise<Compressor> {
  return nodeCompressor() ?? (await packageCompressor());
}

/** As {@link loadCompressor}. */
export function loadDecompressor(): Decompressor {
  return nodeDecompressor() ?? packageDecompressor();
}

/** What node:zlib grows a frame by; its own 16 KiB would make hundreds of pieces. */
const CHUNK_BYTES = 256 * 1024;

/** The part of node:zlib that newer versions have, and the type definitions of Node 20 lack. */
interface NodeZlib {
  readonly zstdCompressSync?: (content: Uint8Array, options: object) => Buffer;
  readonly zstdDecompressSync?: (frame: Uint8Array, options: object) => Buffer;
  readonly constants: Readonly<Record<string, number>>;
}

function nodeCompressor(): Compressor | undefined {
  const { zstdCompressSync, constants } = zlib as unknown as NodeZlib;
  if (zstdCompressSync === undefined) return undefined;
  const params = {
    [constants['ZSTD_c_compressionLevel'] ?? 100]: LEVEL,
    [constants['ZSTD_c_checksumFlag'] ?? 201]: 1,
  };
  const collect = garbageCollector();
  return {
    compress(content, out) {
      const frame = zstdCompressSync(content, {
        params,
        pledgedSrcSize: content.length,
        chunkSize: CHUNK_BYTES,
      });
      const result = concatInto(out, [frame]);
      collect(frame.length);
      return result;
    },
  };
}

function nodeDecompressor(): Decompressor | undefined {
  const { zstdDecompressSync } = zlib as unknown as NodeZlib;
  if (zstdDecompressSync === undefined) return undefined;
  const decompress = (frame: Uint8Array, sizeBytes: number): Buffer =>
    zstdDecompressSync(frame, { maxOutputLength: Math.max(sizeBytes, 1) });
  return { decompress: checked(decompress) };
}

function loadPackage(): typeof NodeZstd {
  try {
    return loadNative('@toondepauw/node-zstd') as typeof NodeZstd;
  } catch (error) {
    throw new SnapshotError('E_HOST', 'This machine has no zstd', {
      cause: error,
      hint: 'Use Node 22.15 or later, which brings its own.',
    });
  }
}

/** node-zstd 1.2, for Node 20; exported so that a test holds the two against each other. */
export async function packageCompressor(): Promise<Compressor> {
  const { Encoder } = loadPackage();
  const { createXXHash64 } = await import('hash-wasm');
  const xxh64 = await createXXHash64();
  const encoder = new Encoder(LEVEL);
  const collect = garbageCollector();
  return {
    compress(content, out) {
      // Its digest has the high byte first; the frame wants the lowest four, low byte first.
      const digest = Buffer.from(xxh64.init().update(content).digest('binary'));
      const frame = encoder.encodeSync(asBuffer(content));
      const result = concatInto(
        out,
        withSizeAndChecksum(frame, content.length, digest.subarray(4).toReversed()),
      );
      collect(frame.length);
      return result;
    },
  };
}

/** As {@link packageCompressor}. */
export function packageDecompressor(): Decompressor {
  const { Decoder } = loadPackage();
  const decoder = new Decoder();
  return { decompress: checked((frame) => decoder.decodeSync(asBuffer(frame))) };
}

/**
 * Frames lie outside the heap that V8 watches: left alone, a worker piles up a hundred megabytes of them. A
 * look through the youngest objects, which takes a millisecond, gives them back.
 */
const UNCOLLECTED_BYTES = 8 * 1024 * 1024;

/** Told how many bytes became garbage, it collects them now and then. */
function garbageCollector(): (bytes: number) => void {
  // The one way to it without an option of node: a new context sees what flags add. The flag stays set: it is
  // of the whole process, and another thread may be between these two lines.
  v8.setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (options: { type: 'minor' }) => void;
  let garbageBytes = 0;
  return (bytes) => {
    garbageBytes += bytes;
    if (garbageBytes < UNCOLLECTED_BYTES) return;
    garbageBytes = 0;
    gc({ type: 'minor' });
  };
}

/** `parts` one after the other, in `out` if they fit there. */
export function concatInto(out: Uint8Array | undefined, parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const result = out !== undefined && length <= out.length ? out.subarray(0, length) : new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The frame that node-zstd writes has neither the size of its content nor a checksum, and the package has no
 * option for them. Both are plain fields (RFC 8878, 3.1.1.1.1 and 3.1.1.3), so they are set here.
 *
 * @param checksum - The low four bytes of the content's XXH64, the lowest first.
 * @returns The parts of the frame.
 */
function withSizeAndChecksum(
  frame: Uint8Array,
  sizeBytes: number,
  checksum: Uint8Array,
): readonly Uint8Array[] {
  const [descriptor, window = 0] = frame.subarray(4, 6);
  // What it writes for no content at all has its size already, in the one byte that follows.
  if (descriptor === SINGLE_SEGMENT_FLAG) {
    const head = Uint8Array.from(frame.subarray(0, 6));
    head[4] = SINGLE_SEGMENT_FLAG | CHECKSUM_FLAG;
    return [head, frame.subarray(6), checksum];
  }
  if (descriptor !== 0) throw new Error(`unexpected zstd frame header ${descriptor}`);
  const header = new Uint8Array(10);
  const view = new DataView(header.buffer);
  view.setUint32(0, MAGIC, true);
  header[4] = SIZE_4_BYTES | CHECKSUM_FLAG;
  header[5] = window;
  view.setUint32(6, sizeBytes, true);
  return [header, frame.subarray(6), checksum];
}

function checked(decompress: (frame: Uint8Array, sizeBytes: number) => Buffer): Decompressor['decompress'] {
  return (frame, sizeBytes) => {
    const { bytes, maxContentBytes } = measureFrame(frame);
    if (bytes !== frame.length) throw damaged('bytes follow where its frame ends');
    // A small frame can hold terabytes of zeros; what it can hold is known before it is decompressed. Blocks
    // are rarely full, hence the factor.
    if (
      sizeBytes !== undefined &&
      (maxContentBytes < sizeBytes || maxContentBytes > sizeBytes * 16 + 8 * MAX_BLOCK_BYTES)
    ) {
      throw damaged(`its frame does not hold ${sizeBytes} bytes`);
    }
    let content: Buffer;
    try {
      content = decompress(frame, sizeBytes ?? maxContentBytes);
    } catch (error) {
      throw damaged(error instanceof Error ? error.message : String(error), error);
    }
    if (sizeBytes !== undefined && content.length !== sizeBytes)
      throw damaged(`its frame holds ${content.length} bytes, not ${sizeBytes}`);
    return content;
  };
}

/**
 * The length of the frame at the start of `bytes`, from its headers alone (RFC 8878, 3.1.1), and the most
 * that its blocks can hold.
 *
 * @throws {@link SnapshotError} `E_DAMAGED` when there is no whole frame.
 */
export function measureFrame(bytes: Uint8Array): {
  bytes: number;
  /** Bytes of content by the frame's header; undefined where it does not say. */
  contentBytes: number | undefined;
  maxContentBytes: number;
} {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 6 || view.getUint32(0, true) !== MAGIC) throw damaged('it is not zstd');
  const descriptor = view.getUint8(4);
  const single = (descriptor & SINGLE_SEGMENT_FLAG) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & DICTIONARY_MASK] ?? 0;
  const sizeField = single && descriptor >> 6 === 0 ? 1 : ([0, 2, 4, 8][descriptor >> 6] ?? 0);
  let at = 5 + (single ? 0 : 1) + dictionaryBytes;
  const contentBytes = readSize(view, at, sizeField);
  at += sizeField;
  let maxContentBytes = 0;
  for (let last = false; !last;) {
    if (at + 3 > bytes.length) throw damaged('it ends in the middle of a frame');
    const header = view.getUint8(at) | (view.getUint8(at + 1) << 8) | (view.getUint8(at + 2) << 16);
    last = (header & 1) === 1;
    const type = (header >> 1) & 3;
    const size = header >> 3;
    // 0 raw, 1 one byte repeated, 2 compressed.
    maxContentBytes += type === 2 ? MAX_BLOCK_BYTES : size;
    at += 3 + (type === 1 ? 1 : size);
  }
  if ((descriptor & CHECKSUM_FLAG) !== 0) at += 4;
  if (at > bytes.length) throw damaged('it ends in the middle of a frame');
  return { bytes: at, contentBytes, maxContentBytes };
}

function readSize(view: DataView, at: number, field: number): number | undefined {
  if (field === 0 || at + field > view.byteLength) return undefined;
  if (field === 1) return view.getUint8(at);
  if (field === 2) return view.getUint16(at, true) + 256;
  return field === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}

function damaged(why: string, cause?: unknown): SnapshotError {
  return new SnapshotError('E_DAMAGED', `Cannot decompress: ${why}`, { cause });
}
