// A record of the central directory, PKWARE APPNOTE 6.3.10, 4.3.12; what `zip.ts` writes.
import { Damage, shown } from '../damage.ts';
import { checkMemberPath } from '../member-path.ts';
import type { Member } from '../member.ts';
import type { SourceReader } from '../source-reader.ts';
import { type ExtraFields, mtimeNsOf, parseExtra, wideValues } from './zip-extra.ts';

const CENTRAL_SIGNATURE = 0x02014b50;
const CENTRAL_BYTES = 46;
const MAX_32 = 0xffffffff;
const UNIX = 3;

/** Upper half of the external attributes: the file types of stat(2). */
const TYPES: Readonly<Record<number, 'file' | 'folder' | 'link'>> = {
  0o100000: 'file',
  0o040000: 'folder',
  0o120000: 'link',
};

/** What the central directory says about a member. */
export interface CentralRecord {
  readonly type: 'file' | 'folder' | 'link';
  /** As it stands there, one character per byte: a folder's ends with a slash. */
  readonly name: string;
  readonly path: Member['path'];
  readonly mode: number;
  readonly mtimeNs: bigint;
  readonly flags: number;
  readonly method: number;
  /** The field every zip has, time and date. */
  readonly dosTime: number;
  readonly crc: number;
  readonly compressedBytes: number;
  readonly contentBytes: number;
  /** Where its local record begins. */
  readonly offset: number;
}

/** The next record of the directory. @throws {@link Damage} when there is none, or it cannot be so. */
export async function readCentral(reader: SourceReader): Promise<CentralRecord> {
  const head = await reader.take(CENTRAL_BYTES);
  if (head.readUInt32LE(0) !== CENTRAL_SIGNATURE) throw new Damage('no record of the directory begins there');
  const name = (await reader.take(head.readUInt16LE(28))).toString('latin1');
  const extra = parseExtra(await reader.take(head.readUInt16LE(30)));
  await reader.take(head.readUInt16LE(32));
  const type = typeOf(head, name);
  const path = type === 'folder' ? name.slice(0, -1) : name;
  checkMemberPath(path);
  const [contentBytes, compressedBytes, offset] = sizesOf(head, extra);
  return {
    type,
    name,
    path,
    mode: head.readUInt16LE(40) & 0o7777,
    mtimeNs: mtimeNsOf(extra),
    flags: head.readUInt16LE(8),
    method: head.readUInt16LE(10),
    dosTime: head.readUInt32LE(12),
    crc: head.readUInt32LE(16),
    compressedBytes,
    contentBytes,
    offset,
  };
}

function typeOf(head: Buffer, name: string): CentralRecord['type'] {
  if (head.readUInt8(5) !== UNIX) throw new Damage(`"${shown(name)}" was not made by Unix`);
  if (head.readUInt16LE(34) !== 0) throw new Damage(`"${shown(name)}" lies on another disk`);
  const type = TYPES[head.readUInt16LE(40) & 0o170000];
  if (type === undefined) throw new Damage(`"${shown(name)}" is of a type that no snapshot holds`);
  if ((type === 'folder') !== name.endsWith('/'))
    throw new Damage(`"${shown(name)}" is no name of a ${type}`);
  return type;
}

/** Sizes and offset; what does not fit into its field stands in the zip64 one, in this order, 4.5.3. */
function sizesOf(head: Buffer, extra: ExtraFields): [number, number, number] {
  const wide = wideValues(extra) ?? [];
  const value = (at: number): number => {
    const short = head.readUInt32LE(at);
    if (short !== MAX_32) return short;
    const long = wide.shift();
    if (long === undefined) throw new Damage('it lacks a size in its zip64 field');
    return long;
  };
  return [value(24), value(20), value(42)];
}
