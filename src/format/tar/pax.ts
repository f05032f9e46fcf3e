// Pax records, IEEE Std 1003.1-2017, "pax", section "pax Header Block".
import type { Attribute } from '../../base/attributes.ts';
import { Damage } from '../damage.ts';
import { attributeOf } from './pax-attributes.ts';

/** What the records of a member say, of that which stands in a {@link Member}; the others do not concern us. */
export interface Pax {
  path?: string;
  linkpath?: string;
  size?: number;
  uid?: number;
  gid?: number;
  uname?: string;
  gname?: string;
  mtimeNs?: bigint;
  attributes?: Attribute[];
  sparse?: Sparse;
}

/** What the records of a sparse member say. */
export interface Sparse {
  version?: string;
  name?: string;
  size?: number;
}

const CHARSETS = new Set(['BINARY', 'ISO-IR 10646 2000 UTF-8']);

/**
 * Reads records `length key=value\n`. Paths have one character per byte, whatever `hdrcharset` says.
 *
 * @throws {@link Damage} for what is no record, a value of the wrong form, and sparse files in other formats than 1.0.
 */
export function parsePax(body: Buffer): Pax {
  const pax: Pax = {};
  for (let at = 0; at < body.length;) {
    const space = body.indexOf(0x20, at);
    const digits = space < 0 || space - at > 9 ? '' : body.toString('latin1', at, space);
    const end = at + (/^[1-9]\d*$/.test(digits) ? Number(digits) : 0);
    const equals = body.indexOf(0x3d, space);
    if (end <= equals || equals <= space + 1 || body[end - 1] !== 0x0a) {
      throw new Damage(`byte ${at} of its pax header begins no record`);
    }
    setRecord(pax, body.toString('latin1', space + 1, equals), body.toString('latin1', equals + 1, end - 1));
    at = end;
  }
  return pax;
}

function setRecord(pax: Pax, key: string, value: string): void {
  switch (key) {
    case 'path':
    case 'linkpath':
      pax[key] = value;
      break;
    case 'size':
    case 'uid':
    case 'gid':
      pax[key] = decimal(key, value);
      break;
    case 'uname':
    case 'gname':
      pax[key] = Buffer.from(value, 'latin1').toString('utf8');
      break;
    case 'mtime':
      pax.mtimeNs = seconds(value);
      break;
    case 'hdrcharset':
      if (!CHARSETS.has(value)) throw new Damage(`its pax header has the unknown hdrcharset "${value}"`);
      break;
    default: {
      const attribute = attributeOf(key, value);
      if (attribute !== undefined) (pax.attributes ??= []).push(attribute);
      if (key.startsWith(SPARSE)) setSparse((pax.sparse ??= {}), key.slice(SPARSE.length), value);
    }
  }
}

const SPARSE = 'GNU.sparse.';

function setSparse(sparse: Sparse, key: string, value: string): void {
  if (key === 'major') sparse.version = `${value}.`;
  else if (key === 'minor') sparse.version = `${sparse.version ?? ''}${value}`;
  else if (key === 'name') sparse.name = value;
  else if (key === 'realsize') sparse.size = decimal(SPARSE + key, value);
  else throw new Damage('it is a sparse file of GNU tar, in an older format');
}

function decimal(key: string, value: string): number {
  const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw new Damage(`its pax header says "${value}" as ${key}`);
  return number;
}

/** Seconds with any number of decimals, as GNU tar leaves out zeros; past the ninth they are dropped. */
function seconds(value: string): bigint {
  const match = /^(-?)(\d{1,19})(?:\.(\d{0,30}))?$/.exec(value);
  if (match === null) throw new Damage(`its pax header says "${value}" as mtime`);
  const fraction = (match[3] ?? '').padEnd(9, '0').slice(0, 9);
  const ns = BigInt(match[2] ?? 0) * 1_000_000_000n + BigInt(fraction);
  return match[1] === '-' ? -ns : ns;
}
