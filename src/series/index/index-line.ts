// One line of index.jsonl: an entry of a snapshot and where its content lies. Its form is in docs/format.md.
import { BARE, formatAttributes } from '../../base/attributes.ts';
import { formatSeconds, parseSeconds } from '../../format/member.ts';
import { isSparse, sparseSkip } from '../../format/sparse.ts';
import type { Entry } from '../../tree/entry.ts';
import { type BytePath, fromBytes, fromText, toBytes, toText } from '../../tree/path.ts';
import { Fields } from './fields.ts';

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
  /** Name of the member that holds the content, when it is not the path. */
  readonly member?: BytePath | undefined;
  /** The member's header says another mode, time or owner than this entry. */
  readonly stale?: boolean | undefined;
  /** The file could not be read, or was not trusted: this is what the snapshot of that name has of it. */
  readonly kept?: string | undefined;
}

/** Content that an archive holds and no entry of the snapshot has: what was deleted, or changed since. */
export interface DeadMember {
  /** The member's name. */
  readonly path: BytePath;
  readonly size: number;
  readonly hash: Uint8Array;
  readonly at: At;
}

/**
 * Where a file's content lies: number of the archive, first byte and length there, first byte once decompressed (of a sparse member as
 * {@link sparseSkip} has it).
 */
export type At = readonly [archive: number, offset: number, length: number, skip: number];

/** Who owns an entry, by name, as far as the system knows names. */
export type Owners = Pick<IndexEntry, 'user' | 'group'>;

/** The line for `item`, without a line end; one character per byte. */
export function formatLine({ entry, hash, at, changed, member, stale, kept, ...owners }: IndexEntry): string {
  const { attributes = '' } = entry;
  let line = formatScanned(entry, owners);
  if (entry.type === 'file') {
    if (hash !== undefined) line += `,"hash":"${Buffer.from(hash).toString('hex')}"`;
    if (entry.hardlink !== undefined) line += `,${formatHardlink(entry.hardlink)}`;
    if (at !== undefined) line += formatAt(at);
    if (member !== undefined) line += `,${pathField('member', member)}`;
    if (stale === true) line += ',"stale":true';
    if (kept !== undefined) line += `,"kept":${JSON.stringify(kept)}`;
  }
  if (attributes !== '') line += `,"xattrs":${attributes}`;
  return changed ? `${line},"changed":true}` : `${line}}`;
}

/** How a line names the entry with which it shares its inode. */
export function formatHardlink(path: BytePath): string {
  return pathField('hardlink', path);
}

/** How the line of the entry at `path` begins, whatever the entry is. */
export function formatPath(path: BytePath): string {
  return `{${pathField('path', path)},`;
}

/** The line, among the changes, that says that there is no entry at `path` any more. */
export function formatNone(path: BytePath): string {
  return `${formatPath(path)}"type":"none"}`;
}

/** The line for content that no entry has any more. */
export function formatDead({ path, size, hash, at }: DeadMember): string {
  return `${formatPath(path)}"size":${size},"hash":"${Buffer.from(hash).toString('hex')}"${formatAt(at)}}`;
}

function formatAt([archive, offset, length, skip]: At): string {
  const at = `,"at":[${archive},${offset},${length},${Math.abs(skip)}]`;
  return isSparse(skip) ? `${at},"sparse":true` : at;
}

/** Reads a line of {@link formatDead}. @throws {@link SnapshotError} `E_DAMAGED`. */
export function parseDead(line: string, where: string): DeadMember {
  const fields = Fields.parse(line, where);
  return {
    path: pathOf(fields, 'path') ?? fields.wrong('path'),
    size: fields.count('size'),
    hash: Buffer.from(fields.text('hash', HASH), 'hex'),
    at: atOf(fields),
  };
}

/**
 * Reads a line of the changes: an entry, or the path that has none any more.
 *
 * @throws {@link SnapshotError} `E_DAMAGED` that names the key that is wrong.
 */
export function parseChange(line: string, where: string): IndexEntry | BytePath {
  const fields = Fields.parse(line, where);
  const isNone = fields.has('type') && fields.text('type') === 'none';
  return isNone ? (pathOf(fields, 'path') ?? fields.wrong('path')) : parseFields(fields);
}

/**
 * How the line for `entry` begins: all that a scan sees. A line of the last snapshot that begins with the
 * same characters says that nothing changed, and need not be parsed.
 */
export function formatScanned(entry: Entry, owners: Owners): string {
  const { type, mode, uid, gid } = entry;
  const size = type === 'file' ? `,"size":${entry.size}` : '';
  const target = entry.target === undefined ? '' : `,${pathField('target', entry.target)}`;
  return (
    `{${pathField('path', entry.path)},"type":"${type}"${size},"mode":"${mode.toString(8).padStart(4, '0')}",` +
    `"uid":${uid},"gid":${gid}${ownerFields(owners)},"mtime":"${formatSeconds(entry.mtimeNs)}",` +
    `"ctime":"${formatSeconds(entry.ctimeNs)}","inode":"${entry.inode}"${target}`
  );
}

function ownerFields({ user, group }: Owners): string {
  const userField = user === undefined ? '' : `,${pathField('user', fromText(user))}`;
  return group === undefined ? userField : `${userField},${pathField('group', fromText(group))}`;
}

/** `"key":"text"`, or `"keyBase64":"..."` for bytes that are not UTF-8. */
function pathField(key: string, path: BytePath): string {
  if (PLAIN.test(path)) return `"${key}":"${path}"`;
  const text = toText(path);
  if (text === undefined) return `"${key}Base64":"${toBytes(path).toString('base64')}"`;
  return `"${key}":${fromText(JSON.stringify(text))}`;
}

/** Printable ASCII but for `"` and the backslash: what JSON leaves as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** `path` as the one or two properties that JSON has for it. */
export function pathProperty(path: BytePath): { path: string } | { pathBase64: string } {
  const text = toText(path);
  return text === undefined ? { pathBase64: toBytes(path).toString('base64') } : { path: text };
}

const HASH = /^[0-9a-f]{64}$/;
const MODE = /^[0-7]{4}$/;
/** At least one byte. */
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** The value of an attribute may be empty. */
const ATTRIBUTE = /^[A-Za-z0-9+/]*={0,2}$/;
const SNAPSHOT = /^[\dTZ-]{20}$/;
const INODE = /^\d{1,20}$/;

/**
 * Reads a line.
 *
 * @param where - The file, for messages.
 * @throws {@link SnapshotError} `E_DAMAGED` that names the key that is wrong.
 */
export function parseLine(line: string, where: string): IndexEntry {
  return parseFields(Fields.parse(line, where));
}

function parseFields(fields: Fields): IndexEntry {
  const type = fields.oneOf('type', ['file', 'folder', 'link']);
  const isFile = type === 'file';
  const entry: Entry = {
    path: pathOf(fields, 'path') ?? fields.wrong('path'),
    type,
    size: isFile ? fields.count('size') : 0,
    mode: Number.parseInt(fields.text('mode', MODE), 8),
    uid: fields.count('uid'),
    gid: fields.count('gid'),
    mtimeNs: parseSeconds(fields.text('mtime')) ?? fields.wrong('mtime'),
    ctimeNs: parseSeconds(fields.text('ctime')) ?? fields.wrong('ctime'),
    inode: BigInt(fields.text('inode', INODE)),
    target: type === 'link' ? (bytesOf(fields, 'target') ?? fields.wrong('target')) : undefined,
    hardlink: isFile ? pathOf(fields, 'hardlink') : undefined,
    attributes: fields.has('xattrs') ? attributesOf(fields) : undefined,
  };
  return {
    entry,
    user: fields.has('user') ? fields.text('user') : undefined,
    group: fields.has('group') ? fields.text('group') : undefined,
    hash: isFile ? Buffer.from(fields.text('hash', HASH), 'hex') : undefined,
    at: isFile ? atOf(fields) : undefined,
    changed: fields.has('changed') && fields.boolean('changed'),
    ...(isFile ? oddities(fields) : {}),
  };
}

/** None at all is said only of a file whose member may have some. */
function attributesOf(fields: Fields): string {
  const all = Object.entries(fields.object('xattrs').texts(ATTRIBUTE));
  if (all.some(([name]) => name === '' || name.includes('\0'))) fields.wrong('xattrs');
  return formatAttributes(all.map(([name, value]) => [name, Buffer.from(value, 'base64')])) || BARE;
}

/** What only few files have. */
function oddities(fields: Fields): Pick<IndexEntry, 'member' | 'stale' | 'kept'> {
  const member = pathOf(fields, 'member');
  return {
    ...(member === undefined ? {} : { member: member === '' ? fields.wrong('member') : member }),
    ...(fields.has('stale') && fields.boolean('stale') ? { stale: true } : {}),
    ...(fields.has('kept') ? { kept: fields.text('kept', SNAPSHOT) } : {}),
  };
}

/** What `key` or `keyBase64` says; undefined when there is neither. */
function bytesOf(fields: Fields, key: string): BytePath | undefined {
  const base64 = `${key}Base64`;
  let path: BytePath | undefined;
  if (fields.has(key)) path = fromText(fields.text(key));
  else if (fields.has(base64)) path = fromBytes(Buffer.from(fields.text(base64, BASE64), 'base64'));
  return path?.includes('\0') === true ? fields.wrong(key) : path;
}

/** A path below the source: no name of it leads anywhere else. The root's own path is empty. */
export function pathOf(fields: Fields, key: string): BytePath | undefined {
  const path = bytesOf(fields, key);
  const isRoot = path === '' && fields.has(key);
  if (path === undefined || isRoot) return path;
  const names = path.split('/');
  return names.some((name) => name === '' || name === '.' || name === '..') ? fields.wrong(key) : path;
}

function atOf(fields: Fields): At {
  const [archive, offset, length, skip, ...more] = fields.counts('at');
  return archive === undefined ||
    offset === undefined ||
    length === undefined ||
    skip === undefined ||
    more.length > 0
    ? fields.wrong('at')
    : [archive, offset, length, fields.has('sparse') && fields.boolean('sparse') ? sparseSkip(skip) : skip];
}
