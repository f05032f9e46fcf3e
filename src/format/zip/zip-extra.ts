// Extra fields of zip records: PKWARE APPNOTE 6.3.10, 4.5, and `proginfo/extrafld.txt` of Info-ZIP.
import { Damage } from '../damage.ts';
import { long } from './zip-end.ts';

const ZIP64 = 0x0001;
const TIME = 0x5455;
const OWNERS = 0x7875;
const HAS_MTIME = 1;

/** Extra fields by their ids. */
export type ExtraFields = ReadonlyMap<number, Buffer>;

/** @throws {@link Damage} when `bytes` are no row of fields, or one comes twice. */
export function parseExtra(bytes: Buffer): ExtraFields {
  const fields = new Map<number, Buffer>();
  for (let at = 0; at < bytes.length;) {
    const start = at + 4;
    const end = start <= bytes.length ? start + bytes.readUInt16LE(at + 2) : Infinity;
    if (end > bytes.length) throw new Damage('its extra fields are longer than they say');
    const id = bytes.readUInt16LE(at);
    if (fields.has(id)) throw new Damage('it has an extra field twice');
    fields.set(id, bytes.subarray(start, end));
    at = end;
  }
  return fields;
}

/** The 8-byte values of the zip64 field; undefined where there is none. */
export function wideValues(fields: ExtraFields): number[] | undefined {
  const field = fields.get(ZIP64);
  if (field === undefined) return undefined;
  // A disk number of 4 bytes may follow them.
  return Array.from({ length: Math.floor(field.length / 8) }, (_, i) => long(field, i * 8));
}

/**
 * The time a member was last changed, in nanoseconds, from the UT field. (The field every zip has is local
 * time of nobody knows where.)
 */
export function mtimeNsOf(fields: ExtraFields): bigint {
  const field = fields.get(TIME);
  if (field === undefined || field.length < 5 || ((field[0] ?? 0) & HAS_MTIME) === 0) {
    throw new Damage('it has no UT field with its time');
  }
  return BigInt(field.readInt32LE(1)) * 1_000_000_000n;
}

/** Who owns a member, from the ux field of its local header. */
export function ownersOf(fields: ExtraFields): { uid: number; gid: number } {
  const field = fields.get(OWNERS);
  // Version 1; both numbers have 4 bytes.
  if (field?.length !== 11 || field[0] !== 1 || field[1] !== 4 || field[6] !== 4) {
    throw new Damage('it has no ux field with its owners');
  }
  return { uid: field.readUInt32LE(2), gid: field.readUInt32LE(7) };
}
