// Zip records, PKWARE APPNOTE 6.3.10, sections 4.3 to 4.5. Written here because the workers compress, names
// are bytes, and `unzip` needs the UT field for times, none of which `archiver` offers (docs/decisions.md).
import { isUtf8, type Member } from '../member.ts';
import { zipSeconds } from './zip-time.ts';

const LOCAL_SIGNATURE = 0x04034b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const DESCRIPTOR_SIGNATURE = 0x08074b50;
const END_SIGNATURE = 0x06054b50;
const END64_SIGNATURE = 0x06064b50;
const LOCATOR64_SIGNATURE = 0x07064b50;

const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const MAX_32 = 0xffffffff;
const MAX_16 = 0xffff;

/** General purpose flags, 4.4.4. */
const FLAG_DESCRIPTOR = 1 << 3;
const FLAG_UTF8 = 1 << 11;

/** 4.4.2.1: made by Unix, by version 6.3 of the specification. */
const MADE_BY_UNIX = (3 << 8) | 63;
const NEEDED_PLAIN = 20;
const NEEDED_ZIP64 = 45;

/** The file types of stat(2), for the upper half of the external attributes. */
const FILE_TYPE = { file: 0o100000, hardlink: 0o100000, folder: 0o040000, link: 0o120000 } as const;
const DOS_FOLDER = 0x10;

const STORED = 0;
const DEFLATED = 8;

/** A member together with what is known once its content was compressed. */
export interface ZipMember {
  readonly member: Member;
  readonly deflated: boolean;
  /** CRC-32 of the content. */
  readonly crc: number;
  readonly compressedBytes: number;
  /** Bytes of content; for a link, those of its target. */
  readonly contentBytes: number;
  /** Sizes and CRC follow the content, as they are not known before it. */
  readonly descriptor: boolean;
}

/** The header before a member's content. With a descriptor, sizes and CRC count as not known. */
export function localHeader(zip: ZipMember): Buffer {
  const name = nameOf(zip.member);
  const known = !zip.descriptor;
  // Two sizes, which 4.5.3 wants both in a local header; a descriptor has 8-byte fields only if this is here.
  const zip64 = needsZip64(zip)
    ? extraField(0x0001, longs(known ? [zip.contentBytes, zip.compressedBytes] : [0, 0]))
    : NONE;
  const extra = Buffer.concat([zip64, unixExtra(zip.member, true)]);
  const header = Buffer.alloc(LOCAL_BYTES);
  header.writeUInt32LE(LOCAL_SIGNATURE, 0);
  header.writeUInt16LE(needsZip64(zip) ? NEEDED_ZIP64 : NEEDED_PLAIN, 4);
  writeCommon(header, 6, zip, known);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, name, extra]);
}

/** What follows the content of a member with a descriptor, 4.3.9. */
export function dataDescriptor(zip: ZipMember): Buffer {
  const wide = needsZip64(zip);
  const bytes = Buffer.alloc(wide ? 24 : 16);
  bytes.writeUInt32LE(DESCRIPTOR_SIGNATURE, 0);
  bytes.writeUInt32LE(zip.crc, 4);
  if (wide) {
    bytes.set(longs([zip.compressedBytes, zip.contentBytes]), 8);
  } else {
    bytes.writeUInt32LE(zip.compressedBytes, 8);
    bytes.writeUInt32LE(zip.contentBytes, 12);
  }
  return bytes;
}

/** A member's entry in the central directory. @param offset - Where its local header begins, below 4 GiB. */
export function centralRecord(zip: ZipMember, offset: number): Buffer {
  const name = nameOf(zip.member);
  const zip64 = needsZip64(zip) ? extraField(0x0001, longs([zip.contentBytes, zip.compressedBytes])) : NONE;
  const extra = Buffer.concat([zip64, unixExtra(zip.member, false)]);
  const header = Buffer.alloc(CENTRAL_BYTES);
  header.writeUInt32LE(CENTRAL_SIGNATURE, 0);
  header.writeUInt16LE(MADE_BY_UNIX, 4);
  header.writeUInt16LE(needsZip64(zip) ? NEEDED_ZIP64 : NEEDED_PLAIN, 6);
  writeCommon(header, 8, zip, true);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(extra.length, 30);
  const { type, mode } = zip.member;
  header.writeUInt32LE((((FILE_TYPE[type] | mode) << 16) | (type === 'folder' ? DOS_FOLDER : 0)) >>> 0, 38);
  header.writeUInt32LE(offset, 42);
  return Buffer.concat([header, name, extra]);
}

/** Adds `base` to the offset in each of the central records that `records` holds, in place. */
export function shiftOffsets(records: Uint8Array, base: number): void {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  for (let at = 0; at < records.length;) {
    view.setUint32(at + 42, view.getUint32(at + 42, true) + base, true);
    at +=
      CENTRAL_BYTES +
      view.getUint16(at + 28, true) +
      view.getUint16(at + 30, true) +
      view.getUint16(at + 32, true);
  }
}

/** The end of the central directory, 4.3.14 to 4.3.16: `bytes` of it from `offset` on, with `count` records. */
export function endOfDirectory(count: number, bytes: number, offset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(END_SIGNATURE, 0);
  end.writeUInt16LE(Math.min(count, MAX_16), 8);
  end.writeUInt16LE(Math.min(count, MAX_16), 10);
  end.writeUInt32LE(Math.min(bytes, MAX_32), 12);
  end.writeUInt32LE(Math.min(offset, MAX_32), 16);
  if (count < MAX_16 && bytes < MAX_32 && offset < MAX_32) return end;
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(END64_SIGNATURE, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeUInt16LE(MADE_BY_UNIX, 12);
  end64.writeUInt16LE(NEEDED_ZIP64, 14);
  end64.set(longs([count, count, bytes, offset]), 24);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(LOCATOR64_SIGNATURE, 0);
  locator.writeBigUInt64LE(BigInt(offset + bytes), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([end64, locator, end]);
}

/** Types whose content is compressed already: deflating them again costs time and gains nothing. */
const COMPRESSED =
  /\.(?:7z|aac|apk|avif|br|bz2|docx|epub|flac|gif|gz|heic|jar|jpe?g|lz4|lzma|m4[av]|mkv|mov|mp[34]|odt|og[gv]|opus|png|pptx|rar|tgz|txz|webm|webp|whl|woff2?|xlsx|xz|zip|zst)$/i;

/** Whether to store rather than deflate a file, by its name. */
export function isCompressedType(path: string): boolean {
  return COMPRESSED.test(path);
}

function needsZip64(zip: ZipMember): boolean {
  // Deflating what does not compress makes it a little larger.
  return zip.contentBytes >= MAX_32 - (MAX_32 >>> 8) || zip.compressedBytes >= MAX_32;
}

/** Flags, method, time, CRC and sizes stand in the same order in both headers. */
function writeCommon(header: Buffer, at: number, zip: ZipMember, known: boolean): void {
  const { time, date } = dosTime(zip.member.mtimeNs);
  const wide = needsZip64(zip);
  header.writeUInt16LE((zip.descriptor ? FLAG_DESCRIPTOR : 0) | utf8Flag(zip.member.path), at);
  header.writeUInt16LE(zip.deflated ? DEFLATED : STORED, at + 2);
  header.writeUInt16LE(time, at + 4);
  header.writeUInt16LE(date, at + 6);
  header.writeUInt32LE(known ? zip.crc : 0, at + 8);
  header.writeUInt32LE(wide ? MAX_32 : known ? zip.compressedBytes : 0, at + 12);
  header.writeUInt32LE(wide ? MAX_32 : known ? zip.contentBytes : 0, at + 16);
}

function nameOf(member: Member): Buffer {
  return Buffer.from(member.type === 'folder' ? `${member.path}/` : member.path, 'latin1');
}

function utf8Flag(path: string): number {
  // oxlint-disable-next-line no-control-regex -- all of ASCII is meant
  return /^[\0-\x7f]*$/.test(path) || !isUtf8(path) ? 0 : FLAG_UTF8;
}

const NONE = Buffer.alloc(0);

function extraField(id: number, body: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(id, 0);
  head.writeUInt16LE(body.length, 2);
  return Buffer.concat([head, body]);
}

function longs(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 8);
  values.forEach((value, i) => bytes.writeBigUInt64LE(BigInt(value), i * 8));
  return bytes;
}

/** The fields of Info-ZIP: UT (mtime in seconds) and ux (owners). Source: its `proginfo/extrafld.txt`. */
function unixExtra(member: Member, local: boolean): Buffer {
  const bytes = Buffer.alloc(local ? 24 : 13);
  bytes.writeUInt16LE(0x5455, 0);
  bytes.writeUInt16LE(5, 2);
  bytes[4] = 1;
  bytes.writeInt32LE(zipSeconds(member.mtimeNs), 5);
  bytes.writeUInt16LE(0x7875, 9);
  if (!local) {
    return bytes;
  }
  bytes.writeUInt16LE(11, 11);
  bytes[13] = 1;
  bytes[14] = 4;
  bytes.writeUInt32LE(member.uid, 15);
  bytes[19] = 4;
  bytes.writeUInt32LE(member.gid, 20);
  return bytes;
}

/** Local time in steps of two seconds, from 1980 to 2107, 4.4.6; readers that know UT do not look at it. */
function dosTime(mtimeNs: bigint): { time: number; date: number } {
  const at = new Date(Number(mtimeNs / 1_000_000n));
  // What no calendar of this language has is far away.
  const year = Number.isNaN(at.getTime()) ? (mtimeNs < 0n ? -1 : 128) : at.getFullYear() - 1980;
  if (year < 0) return { time: 0, date: (1 << 5) | 1 };
  if (year > 127) return { time: (23 << 11) | (59 << 5) | 29, date: (127 << 9) | (12 << 5) | 31 };
  return {
    time: (at.getHours() << 11) | (at.getMinutes() << 5) | (at.getSeconds() >> 1),
    date: (year << 9) | ((at.getMonth() + 1) << 5) | at.getDate(),
  };
}
