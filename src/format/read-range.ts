// The content in a part of an archive, without the rest: what `at` of docs/format.md points to.
import { Damage } from './damage.ts';
import type { ArchiveSource } from './found-member.ts';
import { readFrames } from './zstd/read-frames.ts';
import { SourceReader } from './source-reader.ts';
import { readContent } from './zip/zip-content.ts';
import { long } from './zip/zip-end.ts';
import { parseExtra, wideValues } from './zip/zip-extra.ts';

/** A part of an archive: whole zstd frames, or one local record of a zip. */
export interface ArchiveRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * Hands what the frames of a range hold to `take`, frame by frame.
 *
 * @throws {@link Damage} when they are not whole, or not frames. What `take` and `source` throw passes through.
 */
export async function readFrameRange(
  source: ArchiveSource,
  range: ArchiveRange,
  signal: AbortSignal,
  take: (piece: Buffer) => void,
): Promise<void> {
  for await (const { content } of readFrames({ source: partOf(source, range), signal })) take(content);
}

/** A part of `source`, as a source. */
export function partOf(source: ArchiveSource, { offset, length }: ArchiveRange): ArchiveSource {
  return { sizeBytes: length, read: async (at, bytes, into) => await source.read(offset + at, bytes, into) };
}

const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_BYTES = 30;
const MAX_32 = 0xffffffff;
const FLAG_DESCRIPTOR = 1 << 3;

/**
 * Hands the content of the record in a range to `take`, piece by piece. The directory is not asked: it may be
 * what is damaged. So whether the content is right is for its hash to tell.
 *
 * @param contentBytes - What it must hold.
 * @throws {@link Damage} when it cannot be inflated, or holds more or less. What `take` and `source` throw
 * passes through.
 */
export async function readZipRange(
  source: ArchiveSource,
  { offset, length }: ArchiveRange,
  contentBytes: number,
  signal: AbortSignal,
  take: (piece: Buffer) => void,
): Promise<void> {
  const reader = new SourceReader(source, offset, offset + length);
  const head = await reader.take(LOCAL_BYTES);
  if (head.readUInt32LE(0) !== LOCAL_SIGNATURE) throw new Damage(`no record begins at byte ${offset}`);
  await reader.take(head.readUInt16LE(26));
  const wide = wideValues(parseExtra(await reader.take(head.readUInt16LE(28))));
  const short = head.readUInt32LE(18);
  const isDescribed = (head.readUInt16LE(6) & FLAG_DESCRIPTOR) !== 0;
  const tailBytes = isDescribed ? (wide === undefined ? 16 : 24) : 0;
  const compressedBytes = isDescribed
    ? reader.leftBytes - tailBytes
    : short === MAX_32
      ? (wide?.[1] ?? short)
      : short;
  if (compressedBytes < 0 || compressedBytes + tailBytes !== reader.leftBytes) {
    throw new Damage(`the record at byte ${offset} has another length`);
  }
  const tail = isDescribed ? await source.read(offset + length - tailBytes, tailBytes) : undefined;
  if (tail !== undefined && (tailBytes === 24 ? long(tail, 16) : tail.readUInt32LE(12)) !== contentBytes) {
    throw new Damage(`the record at byte ${offset} holds something else`);
  }
  const crc = tail?.readUInt32LE(4) ?? head.readUInt32LE(14);
  const method = head.readUInt16LE(8);
  await readContent(reader, { method, compressedBytes, contentBytes, crc }, (piece) => {
    signal.throwIfAborted();
    take(piece);
  });
}
