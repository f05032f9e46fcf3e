// The zstd frames of an archive, one by one: RFC 8878, 3.1.1 (frames) and 3.1.2 (skippable frames).
import { setImmediate } from 'node:timers/promises';
import { SnapshotError } from '../../base/errors.ts';
import { Damage } from '../damage.ts';
import type { ArchivePart, Reading } from '../found-member.ts';
import type { FrameSize } from './seek-table.ts';
import { SeekTableCheck } from './seek-table-check.ts';
import { SourceReader } from '../source-reader.ts';
import { loadDecompressor } from './zstd.ts';
import { measureFrame } from './frame.ts';

const ZSTD_MAGIC = 0xfd2fb528;
const SEEK_TABLE_MAGIC = 0x184d2a5e;
const CHECKSUM_FLAG = 0x04;

/** Ours hold about 4 MiB, and never more than 9. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024;

/** One frame of an archive, and where it lies there. */
export interface Frame {
  readonly offset: number;
  readonly length: number;
  readonly content: Buffer;
}

/**
 * All frames of an archive. Each has a checksum, which is checked, as is its content size where it says one.
 * The only skippable frame there may be is our seek table, at the end, which must list exactly these frames.
 * Of a part there must be exactly the frames that it is to have.
 *
 * @throws {@link Damage} for anything else, and for a frame of more than 64 MiB, before it is decompressed.
 */
export async function* readFrames({ source, part, signal }: Omit<Reading, 'hasher'>): AsyncGenerator<Frame> {
  const decompressor = await loadDecompressor(source.sizeBytes);
  const reader = new SourceReader(source, part?.from ?? 0, part?.to ?? source.sizeBytes, false);
  const table = new SeekTableCheck();
  let frames = 0;
  while (reader.leftBytes > 0) {
    signal.throwIfAborted();
    const offset = reader.at;
    if (part === undefined && startsWith(await reader.peek(4), SEEK_TABLE_MAGIC)) {
      await table.check(reader);
      return;
    }
    const { length, sizeBytes } = await nextFrame(reader);
    const bytes = await reader.take(length);
    const content = decoded(offset, () => decompressor.decompress(bytes, sizeBytes));
    const size = { compressedBytes: length, contentBytes: content.length };
    if (part === undefined) table.add(size);
    else if (!isSame(size, part.frames[frames++])) throw otherFrames(part);
    yield { offset, length, content };
    // Memory of native code, as that of hashes, is given back between turns; a small archive may hold a million
    // members, and would be read in one.
    await setImmediate();
  }
  if (part !== undefined && frames !== part.frames.length) throw otherFrames(part);
}

function isSame({ compressedBytes, contentBytes }: FrameSize, other: FrameSize | undefined): boolean {
  return compressedBytes === other?.compressedBytes && contentBytes === other.contentBytes;
}

function otherFrames({ from }: ArchivePart): Damage {
  return new Damage(`the frames from byte ${from} on are not those of the seek table`);
}

/** The frame that `reader` stands at, measured; what it claims to hold is within the limits. */
export async function nextFrame(
  reader: SourceReader,
): Promise<{ length: number; sizeBytes: number | undefined }> {
  const offset = reader.at;
  let window = await reader.peek(6);
  if (!startsWith(window, ZSTD_MAGIC) || window.length < 6) {
    throw new Damage(`no zstd frame begins at byte ${offset}`);
  }
  // Its end is known only from its last block on. Each turn takes twice as much as the one before.
  let measured = measure(window);
  while (measured === undefined) {
    if (window.length > MAX_FRAME_BYTES) throw tooLarge(offset);
    if (window.length >= reader.leftBytes) {
      throw new Damage(`the frame at byte ${offset} is cut short at byte ${offset + window.length}`);
    }
    window = await reader.peek(window.length * 2);
    measured = measure(window);
  }
  if (((window[4] ?? 0) & CHECKSUM_FLAG) === 0) {
    throw new Damage(`the frame at byte ${offset} has no checksum`);
  }
  const { bytes, contentBytes, maxContentBytes } = measured;
  if (bytes > MAX_FRAME_BYTES || (contentBytes ?? maxContentBytes) > MAX_FRAME_BYTES) throw tooLarge(offset);
  return { length: bytes, sizeBytes: contentBytes };
}

function tooLarge(offset: number): Damage {
  return new Damage(`the frame at byte ${offset} is larger than ${MAX_FRAME_BYTES} bytes`);
}

function startsWith(bytes: Buffer, magic: number): boolean {
  return bytes.length >= 4 && bytes.readUInt32LE(0) === magic;
}

/** Undefined when `bytes` hold the beginning of the frame only. */
function measure(bytes: Buffer): ReturnType<typeof measureFrame> | undefined {
  try {
    return measureFrame(bytes);
  } catch (error) {
    if (error instanceof SnapshotError) return undefined;
    throw error;
  }
}

function decoded(offset: number, decompress: () => Buffer): Buffer {
  try {
    return decompress();
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    throw new Damage(`the frame at byte ${offset}: ${error.message}`, { cause: error });
  }
}
