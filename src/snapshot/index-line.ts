// One line of index.jsonl: an entry of a snapshot and where its content lies. Its form is in docs/format.md.
import { formatSeconds, parseSeconds } from '../archive/member.ts';
import { SnapshotError } from '../errors.ts';
import type { Entry, EntryType } from '../tree/entry.ts';
import { type BytePath, fromBytes, fromText, toBytes, toText } from '../tree/path.ts';

/** An entry as the index has it. */
export interface IndexEntry {
  readonly entry: Entry;
  readonly user: string | undefined;
  readonly group: string | undefined;
  /** BLAKE3-256 of a file's content, 32 bytes. */
  readonly hash: Uint8Array | undefined;
  readonly at: At | undefined;
  /** The file changed each time it was read. */
  readonly changed: boolean;
}

/** Where a file's content lies: number of the archive, first byte and length there, first byte once decompressed. */
export type At = readonly [archive: number, offset: number, length: number, skip: number];

/** The line for `item`, without a line end. */
export function formatLine({ entry, user, group, hash, at, changed }: IndexEntry): string {
  const isFile = entry.type === 'file';
  let line = `{${pathField('path', entry.path)},"type":"${entry.type}"`;
  if (isFile) line += `,"size":${entry.size}`;
  line += `,"mode":"${entry.mode.toString(8).padStart(4, '0')}","uid":${entry.uid},"gid":${entry.gid}`;
  if (user !== undefined) line += `,"user":${JSON.stringify(user)}`;
  if (group !== undefined) line += `,"group":${JSON.stringify(group)}`;
  line += `,"mtime":"${formatSeconds(entry.mtimeNs)}","ctime":"${formatSeconds(entry.ctimeNs)}"`;
  line += `,"inode":"${entry.inode}"`;
  if (isFile && hash !== undefined) line += `,"hash":"${Buffer.from(hash).toString('hex')}"`;
  if (entry.target !== undefined) line += `,${pathField('target', entry.target)}`;
  if (entry.hardlink !== undefined) line += `,${pathField('hardlink', entry.hardlink)}`;
  if (at !== undefined) line += `,"at":[${at.join(',')}]`;
  return changed ? `${line},"changed":true}` : `${line}}`;
}

/** `"key":"text"`, or `"keyBase64":"..."` for bytes that are not UTF-8. */
function pathField(key: string, path: BytePath): string {
  const text = toText(path);
  return text === undefined
    ? `"${key}Base64":"${toBytes(path).toString('base64')}"`
    : `"${key}":${JSON.stringify(text)}`;
}

/** `path` as the one or two properties that JSON has for it. */
export function pathProperty(path: BytePath): { path: string } | { pathBase64: string } {
  const text = toText(path);
  return text === undefined ? { pathBase64: toBytes(path).toString('base64') } : { path: text };
}

/**
 * Reads a line.
 *
 * Checked by hand, as there may be a million: zod takes 185 ms for 71,000 lines, this takes 40.
 *
 * @param where - The file and line, for messages.
 * @throws {@link SnapshotError} `E_DAMAGED` that names the key that is wrong.
 */
export function parseLine(line: string, where: string): IndexEntry {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new SnapshotError('E_DAMAGED', `${where} is damaged: it is not JSON`, { cause: error });
  }
  if (typeof value !== 'object' || value === null) {
    throw new SnapshotError('E_DAMAGED', `${where} is damaged: it is no object`);
  }
  return new LineReader(value as Readonly<Record<string, unknown>>, where).read();
}

class LineReader {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #where: string;

  constructor(fields: Readonly<Record<string, unknown>>, where: string) {
    this.#fields = fields;
    this.#where = where;
  }

  read(): IndexEntry {
    const type = this.#type();
    const isFile = type === 'file';
    const entry: Entry = {
      path: this.#path('path') ?? this.#wrong('path'),
      type,
      size: isFile ? this.#count('size') : 0,
      mode: this.#mode(),
      uid: this.#count('uid'),
      gid: this.#count('gid'),
      mtimeNs: parseSeconds(this.#text('mtime')) ?? this.#wrong('mtime'),
      ctimeNs: parseSeconds(this.#text('ctime')) ?? this.#wrong('ctime'),
      inode: this.#inode(),
      target: type === 'link' ? (this.#path('target') ?? this.#wrong('target')) : undefined,
      hardlink: isFile ? this.#path('hardlink') : undefined,
    };
    return {
      entry,
      user: this.#optionalText('user'),
      group: this.#optionalText('group'),
      hash: isFile ? this.#hash() : undefined,
      at: isFile ? this.#at() : undefined,
      changed: this.#fields['changed'] === true,
    };
  }

  #wrong(key: string): never {
    throw new SnapshotError('E_DAMAGED', `${this.#where} is damaged at \`${key}\``);
  }

  #text(key: string): string {
    const value = this.#fields[key];
    return typeof value === 'string' ? value : this.#wrong(key);
  }

  #optionalText(key: string): string | undefined {
    return this.#fields[key] === undefined ? undefined : this.#text(key);
  }

  #count(key: string): number {
    const value = this.#fields[key];
    return isCount(value) ? value : this.#wrong(key);
  }

  #type(): EntryType {
    const type = this.#fields['type'];
    return type === 'file' || type === 'folder' || type === 'link' ? type : this.#wrong('type');
  }

  #mode(): number {
    const mode = this.#text('mode');
    return /^[0-7]{4}$/.test(mode) ? Number.parseInt(mode, 8) : this.#wrong('mode');
  }

  #inode(): bigint {
    const inode = this.#text('inode');
    return /^\d{1,20}$/.test(inode) ? BigInt(inode) : this.#wrong('inode');
  }

  #hash(): Uint8Array {
    const hash = this.#text('hash');
    return /^[0-9a-f]{64}$/.test(hash) ? Buffer.from(hash, 'hex') : this.#wrong('hash');
  }

  #path(key: string): BytePath | undefined {
    const text = this.#optionalText(key);
    if (text !== undefined) return text.includes('\0') ? this.#wrong(key) : fromText(text);
    const base64 = this.#optionalText(`${key}Base64`);
    return base64 === undefined ? undefined : fromBytes(Buffer.from(base64, 'base64'));
  }

  #at(): At {
    const at = this.#fields['at'];
    if (!Array.isArray(at) || at.length !== 4) return this.#wrong('at');
    const [archive, offset, length, skip] = at as unknown[];
    return isCount(archive) && isCount(offset) && isCount(length) && isCount(skip)
      ? [archive, offset, length, skip]
      : this.#wrong('at');
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
