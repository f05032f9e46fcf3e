// What lies in Drive, and how its key is found: in properties that only this program's client sees. Pure.
// https://developers.google.com/workspace/drive/api/guides/properties
import { createHash } from 'node:crypto';
import { SnapshotError } from '../../base/errors.ts';

const FOLDER_TYPE = 'application/vnd.google-apps.folder';
/** A room: what is listed together. */
const ROOM = 'snapshotIn';
/** The key in the room; what does not fit goes on in `snapshotKey1`, ... */
const KEY = 'snapshotKey';
const BASE = 'snapshotBase';
/** A property has at most 124 bytes with its name, and an app 30 of them at a file. */
const PIECE_BYTES = 110;
const MOST_PIECES = 28;

/** What is asked of each file. */
export const ITEM_FIELDS = 'id,mimeType,size,modifiedTime,sha256Checksum,parents,appProperties';

export interface DriveItem {
  readonly id: string;
  readonly room: string;
  /** From the room on. */
  readonly key: string;
  readonly isFolder: boolean;
  readonly sizeBytes: number;
  /** By Google's clock. */
  readonly modifiedMs: number;
  /** Hex; undefined where Google does not say. */
  readonly sha256: string | undefined;
  /** The id of the folder that it lies in. */
  readonly parent: string | undefined;
}

/** Where an object is listed: a series is a room, and so is what lies beside them. */
export interface Spot {
  readonly room: string;
  readonly key: string;
}

/** @param folders - Those of the address. */
export function spotOf(folders: readonly string[], key: string): Spot {
  const [first = '', ...rest] = key.split('/');
  return rest.length === 0
    ? { room: hashOf(folders), key }
    : { room: hashOf([...folders, first]), key: rest.join('/') };
}

/** The room with what is in the folder `key`, and the key of that folder there; '' is the room's own. */
export function insideOf(folders: readonly string[], key: string): Spot {
  if (key === '') return { room: hashOf(folders), key: '' };
  const [first = '', ...rest] = key.split('/');
  return { room: hashOf([...folders, first]), key: rest.join('/') };
}

/** What finds everything in a room. */
export function roomQuery(room: string): string {
  return `appProperties has { key='${ROOM}' and value='${room}' } and trashed = false`;
}

/** What finds the folders that an address names. */
export function baseQuery(folders: readonly string[]): string {
  const each = folders.map((_, i) => `appProperties has { key='${BASE}' and value='${baseOf(folders, i)}' }`);
  return `(${each.join(' or ')}) and trashed = false`;
}

/** The mark of the folder `folders[depth]`. */
export function baseOf(folders: readonly string[], depth: number): string {
  return hashOf(folders.slice(0, depth + 1));
}

/** Properties of an object. @throws {@link SnapshotError} `E_STORE` when its name is too long for Drive. */
export function propertiesOf({ room, key }: Spot): Readonly<Record<string, string>> {
  const pieces = piecesOf(key);
  if (pieces.length > MOST_PIECES) {
    throw new SnapshotError('E_STORE', `Cannot write "${key}": its name is too long for Google Drive`);
  }
  const names = pieces.map((piece, i) => [i === 0 ? KEY : `${KEY}${i}`, piece] as const);
  return { [ROOM]: room, ...Object.fromEntries(names) };
}

/** What a folder is made of. */
export function folderMetadata(
  id: string,
  name: string,
  parent: string,
  properties: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  return { id, name, parents: [parent], mimeType: FOLDER_TYPE, appProperties: properties };
}

/** Properties of a folder that an address names. */
export function baseProperties(folders: readonly string[], depth: number): Readonly<Record<string, string>> {
  return { [BASE]: baseOf(folders, depth) };
}

/** What Google tells of a file; undefined when it is none of ours. */
export function itemOf(json: unknown): DriveItem | undefined {
  const item = fieldsOf(json);
  const properties = fieldsOf(item['appProperties']);
  const id = textOf(item['id']);
  const room = textOf(properties[ROOM]) ?? '';
  const first = textOf(properties[KEY]);
  if (id === undefined || first === undefined) return undefined;
  let key = first;
  for (let i = 1; i < MOST_PIECES; i++) key += textOf(properties[`${KEY}${i}`]) ?? '';
  const parents: unknown = item['parents'];
  return {
    id,
    room,
    key,
    isFolder: item['mimeType'] === FOLDER_TYPE,
    sizeBytes: Number(textOf(item['size']) ?? 0),
    modifiedMs: Date.parse(textOf(item['modifiedTime']) ?? ''),
    sha256: textOf(item['sha256Checksum']),
    parent: Array.isArray(parents) ? textOf(parents[0]) : undefined,
  };
}

/** The id of a folder that an address names, and its mark; undefined when it is none. */
export function baseFolderOf(json: unknown): { readonly id: string; readonly base: string } | undefined {
  const item = fieldsOf(json);
  const [id, base] = [textOf(item['id']), textOf(fieldsOf(item['appProperties'])[BASE])];
  return id === undefined || base === undefined ? undefined : { id, base };
}

function hashOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/** `text` in pieces that a property takes, none of them cut within a character. */
function piecesOf(text: string): readonly string[] {
  const pieces: string[] = [];
  let piece = '';
  let bytes = 0;
  for (const char of text) {
    const length = Buffer.byteLength(char);
    if (bytes + length > PIECE_BYTES) {
      pieces.push(piece);
      [piece, bytes] = ['', 0];
    }
    piece += char;
    bytes += length;
  }
  return [...pieces, piece];
}

function fieldsOf(json: unknown): Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null ? (json as Readonly<Record<string, unknown>>) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
