// What a zstd frame says of itself (RFC 8878), and what is said of it that its writer has left out.
import { SnapshotError } from '../../base/errors.ts';

/** RFC 8878, 3.1.1: the magic number, then the frame header descriptor. */
const MAGIC = 0xfd2fb528;
const CHECKSUM_FLAG = 0x04;
const SINGLE_SEGMENT_FLAG = 0x20;
const DICTIONARY_MASK = 0x03;
const SIZE_4_BYTES = 0x80;

/** RFC 8878, 3.1.1.2: a block holds at most 128 KiB of content. */
export const MAX_BLOCK_BYTES = 131_072;

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

/**
 * The parts of `frame` with the size of its content and its checksum in it. Writers that have no option for them leave them
 * out; both are plain fields (RFC 8878, 3.1.1.1.1 and 3.1.1.3).
 *
 * @param frame - One without a checksum, as node-zstd and the WASM build write it: with the size of its content, or with a
 *   window in place of that.
 * @param checksum - The low four bytes of the content's XXH64, the lowest first.
 */
export function withSizeAndChecksum(
  frame: Uint8Array,
  sizeBytes: number,
  checksum: Uint8Array,
): readonly Uint8Array[] {
  const [descriptor = 0, window = 0] = frame.subarray(4, 6);
  if ((descriptor & (CHECKSUM_FLAG | DICTIONARY_MASK)) !== 0) {
    throw new Error(`unexpected zstd frame header ${descriptor}`);
  }
  if (descriptor !== 0) {
    // It says its size.
    const head = Uint8Array.from(frame.subarray(0, 5));
    head[4] = descriptor | CHECKSUM_FLAG;
    return [head, frame.subarray(5), checksum];
  }
  const header = new Uint8Array(10);
  const view = new DataView(header.buffer);
  view.setUint32(0, MAGIC, true);
  header[4] = SIZE_4_BYTES | CHECKSUM_FLAG;
  header[5] = window;
  view.setUint32(6, sizeBytes, true);
  return [header, frame.subarray(6), checksum];
}

/** What is thrown of a frame that is not whole. */
export function damaged(why: string, cause?: unknown): SnapshotError {
  return new SnapshotError('E_DAMAGED', `Cannot decompress: ${why}`, { cause });
}
