// What a piece of an archive holds. Everything that it claims is checked before memory is taken for it.
import { inflateRawSync } from 'node:zlib';
import { uncut } from '../base/uncut.ts';
import type { Decompressor } from '../format/zstd/codec.ts';
import { measureFrame } from '../format/zstd/frame.ts';
import { reasonOf } from '../base/errors.ts';
import { Damaged } from './damage.ts';

/** Ours hold about 4 MiB, and never more than 9. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024;

/**
 * The content of whole frames, one after the other.
 *
 * @param neededBytes - So much the index expects there at least.
 * @throws {@link Damaged} when there is less; for more than 64 MiB, before anything is decompressed.
 */
export function frameContent(bytes: Uint8Array, neededBytes: number, zstd: Decompressor): Buffer {
  const frames: { readonly frame: Uint8Array; readonly contentBytes: number | undefined }[] = [];
  let claimed = 0;
  for (let at = 0; at < bytes.length;) {
    const { bytes: length, contentBytes, maxContentBytes } = attempt(() => measureFrame(bytes.subarray(at)));
    claimed += contentBytes ?? maxContentBytes;
    if (claimed > MAX_FRAME_BYTES) throw new Damaged(`its frame claims more than ${MAX_FRAME_BYTES} bytes`);
    frames.push({ frame: bytes.subarray(at, at + length), contentBytes });
    at += length;
  }
  if (claimed < neededBytes) throw new Damaged(`its frame holds less than the ${neededBytes} bytes needed`);
  const contents = frames.map(({ frame, contentBytes }) =>
    attempt(() => zstd.decompress(frame, contentBytes)),
  );
  const [only] = contents;
  return contents.length === 1 && only !== undefined ? only : Buffer.concat(contents);
}

const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_BYTES = 30;
const DEFLATED = 8;

/** Where in a zip's local record the content begins, and whether it is deflated. PKWARE APPNOTE 6.3.10, 4.3.7. */
export function recordHead(record: Buffer): { readonly start: number; readonly isDeflated: boolean } {
  if (record.length < LOCAL_BYTES || record.readUInt32LE(0) !== LOCAL_SIGNATURE) {
    throw new Damaged('no record begins where the index says');
  }
  const method = record.readUInt16LE(8);
  if (method !== 0 && method !== DEFLATED)
    throw new Damaged(`its compression method is ${method}, not 0 or 8`);
  const start = LOCAL_BYTES + record.readUInt16LE(26) + record.readUInt16LE(28);
  return { start, isDeflated: method === DEFLATED };
}

/**
 * The content of one record of a zip. What its header says of sizes does not matter: the index says it.
 *
 * @throws {@link Damaged} when it is anything else than `sizeBytes`; never inflates more than one byte more.
 */
export function recordContent(record: Buffer, sizeBytes: number): Buffer {
  const { start, isDeflated } = recordHead(record);
  const content = isDeflated
    ? attempt(() => uncut(() => inflateRawSync(record.subarray(start), inflateOptions(sizeBytes))))
    : record.subarray(start, start + sizeBytes);
  if (content.length !== sizeBytes) throw new Damaged(`it holds ${content.length} bytes, not ${sizeBytes}`);
  return content;
}

/** One piece of memory for what is small, as each takes time. */
function inflateOptions(sizeBytes: number): { maxOutputLength: number; chunkSize: number } {
  const maxOutputLength = sizeBytes + 1;
  return { maxOutputLength, chunkSize: Math.min(Math.max(maxOutputLength, 64), 256 * 1024) };
}

function attempt<T>(decompress: () => T): T {
  try {
    return decompress();
  } catch (cause) {
    throw new Damaged(reasonOf(cause), { cause });
  }
}
