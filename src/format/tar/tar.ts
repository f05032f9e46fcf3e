// Tar headers: ustar with pax extensions, IEEE Std 1003.1-2017, "pax", sections "ustar Interchange Format"
// and "pax Header Block". Written here because names are bytes and times have nanoseconds, which the `tar`
// package's Header and Pax cannot say, and because they take 12 microseconds an entry (docs/decisions.md).
import { formatSeconds, isUtf8, type Member } from '../member.ts';
import { attributeRecords } from './pax-attributes.ts';

export const BLOCK_BYTES = 512;

/** Two zero blocks, which end an archive. */
export const END_OF_ARCHIVE: Uint8Array = new Uint8Array(2 * BLOCK_BYTES);

const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
const OWNER_BYTES = 32;
/** Largest values of the octal fields: 11 digits for the size, 7 for owners. */
const MAX_SIZE = 0o77777777777;
const MAX_ID = 0o7777777;
const MAX_SECONDS = 0o77777777777n;

const TYPE_FLAG = { file: '0', hardlink: '1', link: '2', folder: '5' } as const;
const PAX_FLAG = 'x';

/** Bytes that content of `sizeBytes` takes in a tar: whole blocks. */
export function paddedBytes(sizeBytes: number): number {
  return Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
}

/** At least as many bytes as the headers of a member need. */
export function maxHeaderBytes({
  path,
  target,
  attributes,
  stored,
}: Pick<Member, 'path' | 'target' | 'attributes' | 'stored'>): number {
  // Of the value of an attribute, its base64 is longer; each has a record of its own.
  const records = attributes === undefined ? 0 : attributes.length + 64 * attributes.split('":"').length;
  const names = path.length * (stored === undefined ? 1 : 2);
  return 4 * BLOCK_BYTES + paddedBytes(names + (target?.length ?? 0) + records);
}

/**
 * Writes the headers of `member` into `buffer` from `at` on, which must have {@link maxHeaderBytes} of room.
 * Their length does not depend on `member.size` below 8 GiB, nor on the time since 2001.
 *
 * @returns Bytes written; the content follows them.
 */
export function writeHeader(buffer: Buffer, at: number, member: Member): number {
  const isSparse = member.stored !== undefined;
  const path = isSparse
    ? sparsePath(member.path)
    : member.type === 'folder'
      ? `${member.path}/`
      : member.path;
  const split = splitPath(path);
  const target = member.target ?? '';
  const records = paxRecords(member, split === undefined ? path : undefined);
  const body = at + BLOCK_BYTES;
  const bodyBytes = buffer.write(records, body, 'latin1');
  const end = body + paddedBytes(bodyBytes);
  buffer.fill(0, body + bodyBytes, end);
  writeBlock(buffer, at, {
    name: `PaxHeaders/${path.slice(0, 80)}`,
    prefix: '',
    flag: PAX_FLAG,
    target: '',
    size: bodyBytes,
    member,
  });
  writeBlock(buffer, end, {
    name: split?.name ?? path.slice(0, NAME_BYTES),
    prefix: split?.prefix ?? '',
    flag: TYPE_FLAG[member.type],
    target: target.slice(0, NAME_BYTES),
    size: member.stored ?? member.size,
    member,
  });
  return end + BLOCK_BYTES - at;
}

/** What a program calls it that knows nothing of sparse members: what it extracts is not the file. */
function sparsePath(path: string): string {
  const name = path.lastIndexOf('/') + 1;
  return `${path.slice(0, name)}GNUSparseFile.0/${path.slice(name)}`;
}

/** The two fields that hold `path`, or undefined when they cannot. */
function splitPath(path: string): { name: string; prefix: string } | undefined {
  if (path.length <= NAME_BYTES) return { name: path, prefix: '' };
  if (path.length > PREFIX_BYTES + 1 + NAME_BYTES) return undefined;
  // The leftmost slash that leaves a short enough name; a folder's own slash at the end is none.
  const slash = path.indexOf('/', path.length - NAME_BYTES - 1);
  if (slash <= 0 || slash > PREFIX_BYTES || slash === path.length - 1) return undefined;
  return { name: path.slice(slash + 1), prefix: path.slice(0, slash) };
}

function paxRecords(member: Member, longPath: string | undefined): string {
  const { stored, size } = member;
  const longTarget = (member.target?.length ?? 0) > NAME_BYTES ? member.target : undefined;
  let records = '';
  if (
    (longPath !== undefined && !isUtf8(longPath)) ||
    (stored !== undefined && !isUtf8(member.path)) ||
    (longTarget !== undefined && !isUtf8(longTarget))
  ) {
    records += record('hdrcharset', 'BINARY');
  }
  if (longPath !== undefined) records += record('path', longPath);
  if (longTarget !== undefined) records += record('linkpath', longTarget);
  if ((stored ?? size) > MAX_SIZE) records += record('size', String(stored ?? size));
  if (member.uid > MAX_ID) records += record('uid', String(member.uid));
  if (member.gid > MAX_ID) records += record('gid', String(member.gid));
  if (stored !== undefined) {
    records += record('GNU.sparse.major', '1') + record('GNU.sparse.minor', '0');
    records += record('GNU.sparse.name', member.path) + record('GNU.sparse.realsize', String(size));
  }
  for (const [key, value] of attributeRecords(member.attributes ?? '')) records += record(key, value);
  return records + record('mtime', formatSeconds(member.mtimeNs));
}

/** `length key=value\n`, where the length counts itself. */
function record(key: string, value: string): string {
  const rest = key.length + value.length + 3;
  let length = rest + String(rest).length;
  length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

interface Block {
  readonly name: string;
  readonly prefix: string;
  readonly flag: string;
  readonly target: string;
  readonly size: number;
  readonly member: Member;
}

function writeBlock(buffer: Buffer, at: number, block: Block): void {
  const { member } = block;
  const seconds = member.mtimeNs / 1_000_000_000n;
  const isPax = block.flag === PAX_FLAG;
  buffer.fill(0, at, at + BLOCK_BYTES);
  buffer.write(block.name, at, NAME_BYTES, 'latin1');
  octal(buffer, at + 100, 7, isPax ? 0o644 : member.mode);
  octal(buffer, at + 108, 7, member.uid > MAX_ID ? 0 : member.uid);
  octal(buffer, at + 116, 7, member.gid > MAX_ID ? 0 : member.gid);
  octal(buffer, at + 124, 11, block.size > MAX_SIZE ? 0 : block.size);
  octal(buffer, at + 136, 11, seconds < 0n || seconds > MAX_SECONDS ? 0 : Number(seconds));
  buffer.write(block.flag, at + 156, 1, 'latin1');
  buffer.write(block.target, at + 157, NAME_BYTES, 'latin1');
  buffer.write('ustar\x0000', at + 257, 8, 'latin1');
  if (!isPax) {
    owner(buffer, at + 265, member.user);
    owner(buffer, at + 297, member.group);
  }
  buffer.write(block.prefix, at + 345, PREFIX_BYTES, 'latin1');
  // The sum is taken with its own field full of spaces.
  buffer.fill(0x20, at + 148, at + 156);
  let sum = 0;
  for (let i = at; i < at + BLOCK_BYTES; i++) sum += buffer[i] ?? 0;
  octal(buffer, at + 148, 6, sum);
  buffer[at + 154] = 0;
}

function octal(buffer: Buffer, at: number, digits: number, value: number): void {
  let rest = value;
  for (let i = at + digits - 1; i >= at; i--) {
    buffer[i] = 0x30 + (rest % 8);
    rest = Math.floor(rest / 8);
  }
}

function owner(buffer: Buffer, at: number, name: string | undefined): void {
  if (name === undefined) return;
  const bytes = Buffer.from(name, 'utf8');
  if (bytes.length < OWNER_BYTES) buffer.set(bytes, at);
}
