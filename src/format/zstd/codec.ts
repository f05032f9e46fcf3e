// What each of the implementations of zstd is made to promise.
import v8 from 'node:v8';
import { runInNewContext } from 'node:vm';
import { damaged, MAX_BLOCK_BYTES, measureFrame, withSizeAndChecksum } from './frame.ts';

/** Level 3 is zstd's own default and what the figures in `docs/benchmarks.md` are measured with. */
export const LEVEL = 3;

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

/** Makes a compressor of a `compress` that writes no checksum. @param compress - One frame that holds all of the content. */
export async function withChecksums(compress: (content: Uint8Array) => Uint8Array): Promise<Compressor> {
  const { createXXHash64 } = await import('hash-wasm');
  const xxh64 = await createXXHash64();
  const collect = garbageCollector();
  return {
    compress(content, out) {
      // Its digest has the high byte first; the frame wants the lowest four, low byte first.
      const digest = Buffer.from(xxh64.init().update(content).digest('binary'));
      const frame = compress(content);
      const checksum = digest.subarray(4).toReversed();
      const result = concatInto(out, withSizeAndChecksum(frame, content.length, checksum));
      collect(frame.length);
      return result;
    },
  };
}

/**
 * Makes a decompressor of a `decompress` that is told how much there is at most.
 *
 * @param decompress - It looks at the checksum.
 */
export function checked(decompress: (frame: Uint8Array, sizeBytes: number) => Buffer): Decompressor {
  const decompressor: Decompressor['decompress'] = (frame, sizeBytes) => {
    const { bytes, contentBytes = 0, maxContentBytes } = measureFrame(frame);
    if (bytes !== frame.length) throw damaged('bytes follow where its frame ends');
    if (contentBytes > maxContentBytes) throw damaged('it says more of itself than it holds');
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
  return { decompress: decompressor };
}

/**
 * Frames lie outside the heap that V8 watches: left alone, a worker piles up a hundred megabytes of them. A
 * look through the youngest objects, which takes a millisecond, gives them back.
 */
const UNCOLLECTED_BYTES = 8 * 1024 * 1024;

/** Told how many bytes became garbage, it collects them now and then. */
export function garbageCollector(): (bytes: number) => void {
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
