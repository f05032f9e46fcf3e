// One header block, IEEE Std 1003.1-2017, "pax", section "ustar Interchange Format"; what `tar.ts` writes.
import { formatAttributes } from '../../base/attributes.ts';
import { Damage, shown } from '../damage.ts';
import { checkLinkTarget, checkMemberPath } from '../member-path.ts';
import type { Member } from '../member.ts';
import type { Pax, Sparse } from './pax.ts';

const TYPES: Readonly<Record<string, Member['type'] | 'pax'>> = {
  '0': 'file',
  '\0': 'file',
  '1': 'hardlink',
  '2': 'link',
  '5': 'folder',
  x: 'pax',
};

/** Where the checksum stands. */
const SUM_AT = 148;
const SUM_BYTES = 8;

const SPACE = 0x20;
const ZERO = 0x30;

/** The fields of a header block, as they stand there. */
export interface TarHeader {
  readonly type: Member['type'] | 'pax';
  readonly path: string;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly user: string;
  readonly group: string;
  readonly mtime: number;
  readonly target: string;
}

/**
 * Reads a block of 512 bytes.
 *
 * @throws {@link Damage} when its checksum is wrong, or it is none that a snapshot can hold.
 */
export function parseTarHeader(block: Buffer): TarHeader {
  if (octal(block, SUM_AT, SUM_BYTES) !== sumOf(block))
    throw new Damage('the checksum of its header is wrong');
  if (block.toString('latin1', 257, 265) !== 'ustar\x0000') throw new Damage('its header is not of ustar');
  const flag = block.toString('latin1', 156, 157);
  const type = TYPES[flag];
  if (type === undefined) throw new Damage(`its type is "${flag}", which no snapshot holds`);
  const prefix = text(block, 345, 155);
  const name = text(block, 0, 100);
  return {
    type,
    path: prefix === '' ? name : `${prefix}/${name}`,
    size: octal(block, 124, 12),
    mode: octal(block, 100, 8),
    uid: octal(block, 108, 8),
    gid: octal(block, 116, 8),
    user: shown(text(block, 265, 32)),
    group: shown(text(block, 297, 32)),
    mtime: octal(block, 136, 12),
    target: text(block, 157, 100),
  };
}

/**
 * The member that `header` and the pax records before it describe.
 *
 * @throws {@link Damage} when its path leads elsewhere, or it cannot be what it says.
 */
export function memberOfHeader(header: TarHeader, pax: Pax): Member {
  const { type } = header;
  if (type === 'pax') throw new Damage('a pax header follows a pax header');
  const { sparse } = pax;
  if (sparse !== undefined) checkSparse(sparse, type);
  const fullPath = sparse?.name ?? pax.path ?? header.path;
  const path = type === 'folder' && fullPath.endsWith('/') ? fullPath.slice(0, -1) : fullPath;
  checkMemberPath(path);
  const isLink = type === 'link' || type === 'hardlink';
  const target = isLink ? (pax.linkpath ?? header.target) : undefined;
  if (type === 'link') checkLinkTarget(target ?? '');
  if (type === 'hardlink') checkMemberPath(target ?? '');
  const size = pax.size ?? header.size;
  if (type !== 'file' && size > 0) throw new Damage(`"${shown(path)}" is no file and has content`);
  const user = pax.uname ?? header.user;
  const group = pax.gname ?? header.group;
  return {
    path,
    type,
    size: sparse?.size ?? size,
    ...(sparse !== undefined && { stored: size }),
    mode: header.mode & 0o7777,
    uid: pax.uid ?? header.uid,
    gid: pax.gid ?? header.gid,
    user: user === '' ? undefined : user,
    group: group === '' ? undefined : group,
    mtimeNs: pax.mtimeNs ?? BigInt(header.mtime) * 1_000_000_000n,
    target,
    ...(pax.attributes !== undefined && { attributes: formatAttributes(pax.attributes) }),
  };
}

function checkSparse({ version, name, size }: Sparse, type: TarHeader['type']): void {
  if (type === 'file' && version === '1.0' && name !== undefined && size !== undefined) return;
  throw new Damage('its pax header says that it is sparse, and not how');
}

/** What its checksum should be: the sum of all bytes, those of the checksum taken as spaces. */
function sumOf(block: Buffer): number {
  let sum = SUM_BYTES * SPACE;
  // Every header of an archive comes by here.
  for (let i = 0; i < SUM_AT; i++) sum += block[i] ?? 0;
  for (let i = SUM_AT + SUM_BYTES; i < block.length; i++) sum += block[i] ?? 0;
  return sum;
}

/** Up to the first NUL; one character per byte. */
function text(block: Buffer, at: number, length: number): string {
  let end = at;
  while (end < at + length && block[end] !== 0) end++;
  return block.toString('latin1', at, end);
}

/** Spaces, digits, and then only spaces and NULs. */
function octal(block: Buffer, at: number, length: number): number {
  const end = at + length;
  let i = at;
  while (i < end && block[i] === SPACE) i++;
  const first = i;
  let value = 0;
  for (; i < end; i++) {
    const digit = (block[i] ?? 0) - ZERO;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  const isOctal = i > first;
  while (i < end && (block[i] === SPACE || block[i] === 0)) i++;
  if (!isOctal || i < end) throw new Damage(`byte ${at} of its header begins no octal number`);
  return value;
}
