// The end of a zip: PKWARE APPNOTE 6.3.10, 4.3.14 to 4.3.16.
import { Damage } from '../damage.ts';
import type { ArchiveSource } from '../found-member.ts';

const END_SIGNATURE = 0x06054b50;
const END64_SIGNATURE = 0x06064b50;
const LOCATOR64_SIGNATURE = 0x07064b50;
const END_BYTES = 22;
const END64_BYTES = 56;
const LOCATOR64_BYTES = 20;
const MAX_32 = 0xffffffff;
const MAX_16 = 0xffff;

/** Where the central directory lies, and how many records it has. */
export interface Directory {
  readonly offset: number;
  readonly end: number;
  readonly count: number;
}

/**
 * Reads where the directory lies: right before the records that end the archive, which nothing follows, not
 * even a comment.
 *
 * @throws {@link Damage} when it does not.
 */
export async function readEnd(source: ArchiveSource): Promise<Directory> {
  const tailBytes = Math.min(source.sizeBytes, END64_BYTES + LOCATOR64_BYTES + END_BYTES);
  const tailStart = source.sizeBytes - tailBytes;
  const tail = await source.read(tailStart, tailBytes);
  const at = tail.length - END_BYTES;
  // Disk numbers, and the length of the comment.
  if (
    at < 0 ||
    tail.readUInt32LE(at) !== END_SIGNATURE ||
    tail.readUInt32LE(at + 4) !== 0 ||
    tail.readUInt16LE(at + 20) !== 0
  ) {
    throw new Damage(`the end of its directory is missing before byte ${source.sizeBytes}`);
  }
  const counts = [tail.readUInt16LE(at + 8), tail.readUInt16LE(at + 10)];
  const [bytes, offset] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
  const isWide = counts[1] === MAX_16 || bytes === MAX_32 || offset === MAX_32;
  const fields = isWide ? wideFields(tail, tailStart) : { counts, bytes, offset, end: tailStart + at };
  const { end } = fields;
  const [count = 0, total] = fields.counts;
  // What is said twice must be the same, up to the largest value of the short field.
  const isSame =
    Math.min(count, MAX_16) === counts[0] &&
    Math.min(count, MAX_16) === counts[1] &&
    Math.min(fields.bytes, MAX_32) === bytes &&
    Math.min(fields.offset, MAX_32) === offset;
  if (count !== total || !isSame || fields.offset + fields.bytes !== end) {
    throw new Damage(`what is said before byte ${source.sizeBytes} about its directory is not so`);
  }
  return { offset: fields.offset, end, count };
}

/** The zip64 records, which come before the last one. */
function wideFields(
  tail: Buffer,
  tailStart: number,
): { counts: number[]; bytes: number; offset: number; end: number } {
  const locator = END64_BYTES;
  if (
    tail.length < END64_BYTES + LOCATOR64_BYTES + END_BYTES ||
    tail.readUInt32LE(0) !== END64_SIGNATURE ||
    long(tail, 4) !== END64_BYTES - 12 ||
    long(tail, 16) !== 0 ||
    tail.readUInt32LE(locator) !== LOCATOR64_SIGNATURE ||
    tail.readUInt32LE(locator + 4) !== 0 ||
    long(tail, locator + 8) !== tailStart ||
    tail.readUInt32LE(locator + 16) !== 1
  ) {
    throw new Damage(`the zip64 end of its directory is not at byte ${tailStart}`);
  }
  return {
    counts: [long(tail, 24), long(tail, 32)],
    bytes: long(tail, 40),
    offset: long(tail, 48),
    end: tailStart,
  };
}

/**
 * An 8-byte field.
 *
 * @throws {@link Damage} when it is more than any file can hold.
 */
export function long(bytes: Buffer, at: number): number {
  const value = bytes.readBigUInt64LE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Damage(`a size of ${value} bytes cannot be`);
  return Number(value);
}
