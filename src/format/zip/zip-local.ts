// A local header and a data descriptor, PKWARE APPNOTE 6.3.10, 4.3.7 and 4.3.9, held against the directory.
import { Damage } from '../damage.ts';
import type { SourceReader } from '../source-reader.ts';
import type { CentralRecord } from './zip-central.ts';
import { long } from './zip-end.ts';
import { mtimeNsOf, ownersOf, parseExtra, wideValues } from './zip-extra.ts';

const LOCAL_SIGNATURE = 0x04034b50;
const DESCRIPTOR_SIGNATURE = 0x08074b50;
const LOCAL_BYTES = 30;
const MAX_32 = 0xffffffff;

/** 4.4.4. How hard it was deflated does not matter; encryption and all else is refused. */
const FLAG_DESCRIPTOR = 1 << 3;
const FLAG_UTF8 = 1 << 11;
const KNOWN_FLAGS = 0b110 | FLAG_DESCRIPTOR | FLAG_UTF8;

/** What only a local header says. */
export interface LocalHeader {
  readonly uid: number;
  readonly gid: number;
  /** Sizes in the descriptor have 8 bytes. */
  readonly isWide: boolean;
}

/** The header before a member's content. @throws {@link Damage} where it differs from `central`. */
export async function readLocal(reader: SourceReader, central: CentralRecord): Promise<LocalHeader> {
  const head = await reader.take(LOCAL_BYTES);
  if (head.readUInt32LE(0) !== LOCAL_SIGNATURE) throw new Damage('no record begins there');
  const name = (await reader.take(head.readUInt16LE(26))).toString('latin1');
  const extra = parseExtra(await reader.take(head.readUInt16LE(28)));
  const wide = wideValues(extra);
  const crc = head.readUInt32LE(14);
  const compressedBytes = sizeOf(head.readUInt32LE(18), wide?.[1]);
  const contentBytes = sizeOf(head.readUInt32LE(22), wide?.[0]);
  if ((central.flags & ~KNOWN_FLAGS) !== 0) throw new Damage('it is encrypted, or unknown in another way');
  const isUnknown = hasDescriptor(central) && crc === 0 && compressedBytes === 0 && contentBytes === 0;
  const isSame =
    head.readUInt16LE(6) === central.flags &&
    head.readUInt16LE(8) === central.method &&
    head.readUInt32LE(10) === central.dosTime &&
    name === central.name &&
    mtimeNsOf(extra) === central.mtimeNs &&
    (isUnknown ||
      (crc === central.crc &&
        compressedBytes === central.compressedBytes &&
        contentBytes === central.contentBytes));
  if (!isSame) throw new Damage('it differs from what the directory says about it');
  return { ...ownersOf(extra), isWide: wide !== undefined };
}

/** What follows the content when its header could not say it. @throws {@link Damage} as above. */
export async function readDescriptor(
  reader: SourceReader,
  central: CentralRecord,
  { isWide }: LocalHeader,
): Promise<void> {
  if (!hasDescriptor(central)) return;
  const bytes = await reader.take(isWide ? 24 : 16);
  const isSame =
    bytes.readUInt32LE(0) === DESCRIPTOR_SIGNATURE &&
    bytes.readUInt32LE(4) === central.crc &&
    (isWide ? long(bytes, 8) : bytes.readUInt32LE(8)) === central.compressedBytes &&
    (isWide ? long(bytes, 16) : bytes.readUInt32LE(12)) === central.contentBytes;
  if (!isSame) throw new Damage('what follows its content differs from what the directory says');
}

function hasDescriptor({ flags }: CentralRecord): boolean {
  return (flags & FLAG_DESCRIPTOR) !== 0;
}

function sizeOf(short: number, wide: number | undefined): number {
  return short === MAX_32 && wide !== undefined ? wide : short;
}
