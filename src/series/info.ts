// info.json: what a snapshot says of itself. Its form is in docs/format.md.
import type { ArchiveFormat } from '../base/archive-format.ts';
import { DamagedError } from '../base/errors.ts';
import type { ChangeCount } from '../tree/compare.ts';
import { type BytePath, toBytes, toText } from '../tree/path.ts';
import { encryptedError } from './crypt/stub.ts';
import { Fields } from './index/fields.ts';

/** What is written now; version 1 is read as well. */
export const VERSION = 2;

/** What info.json holds; docs/format.md says what each part means. */
export interface Info {
  readonly version: 1 | 2;
  readonly tool: string;
  readonly name: string;
  readonly host: string;
  /** A keyed hash of the machine's id; not everywhere is there one. */
  readonly machine?: string | undefined;
  readonly source: string;
  readonly destination: string;
  /** What the clock said. */
  readonly time: { readonly started: string; readonly finished: string };
  /** From 1, one more with each snapshot of the series; earlier versions did not count. */
  readonly sequence?: number | undefined;
  /** The time zone of the machine, by its IANA name. */
  readonly zone?: string | undefined;
  /** The date in the names of its own archives with content, where that is not the snapshot's. */
  readonly archiveDate?: string | undefined;
  readonly strategy: 'incremental' | 'full';
  readonly format: ArchiveFormat;
  readonly hash: {
    readonly algorithm: 'blake3';
    readonly tree: string;
    readonly folders: Readonly<Record<string, string>>;
  };
  readonly count: { readonly files: number; readonly folders: number; readonly links: number };
  readonly bytes: number;
  readonly change: ChangeCount;
  readonly previous: string | null;
  readonly archives: readonly ArchiveInfo[];
  readonly index: FileInfo;
  /** What differs from the index, when that is an older snapshot's. */
  readonly changes: FileInfo | null;
  /** What the archives hold that no entry has. */
  readonly dead: FileInfo | null;
  readonly skipped: readonly SkippedPath[];
  /** Where file systems of their own were mounted in the source; not known of older snapshots. */
  readonly mounts?: readonly MountPoint[] | undefined;
  /** Whom it is encrypted for, as age writes them. */
  readonly recipients?: readonly string[] | undefined;
  /** Whether the extended attributes of all entries are in the index; else nothing is known of those without. */
  readonly attributes?: boolean | undefined;
  /** Guards that were told when it was written because much had changed, overruled or not. */
  readonly guards?: readonly string[] | undefined;
}

/** A file of a snapshot. */
export interface FileInfo {
  /** Its name in the snapshot's folder; `SNAPSHOT/NAME` when it lies in an older one's. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** An archive of a snapshot. */
export interface ArchiveInfo extends FileInfo {
  /** What index lines call it: the same in all snapshots of a series. */
  readonly number: number;
  /** Files of this snapshot whose content lies in it. */
  readonly entries: number;
  /** Their sizes, added up. */
  readonly liveBytes: number;
}

/** An entry that is not in the snapshot as the source has it; one of the two paths is there. */
export interface SkippedPath {
  readonly path?: string | undefined;
  readonly pathBase64?: string | undefined;
  readonly reason: string;
}

/** Whether an archive that `name` has was written for it. */
export function isOwn(file: string, name: string, { archiveDate }: Info): boolean {
  if (file.includes('/')) return false;
  return file.includes(`-${name}`) || (archiveDate !== undefined && file.includes(`-${archiveDate}-0`));
}

/** A mount in the source; one of the two paths is there, an empty one is the source itself. */
export interface MountPoint {
  readonly path?: string | undefined;
  readonly pathBase64?: string | undefined;
  /** Tells it from others; absent where nothing does. */
  readonly id?: string | undefined;
}

/** Bytes that the snapshot called `name` added to its series, but for a few small files. */
export function newBytesOf(name: string, info: Info): number {
  const { archives, index, changes, dead } = info;
  const own = archives.filter(({ file }) => isOwn(file, name, info));
  const lines = changes === null ? index.bytes : changes.bytes;
  return own.reduce((sum, { bytes }) => sum + bytes, lines + (dead?.bytes ?? 0));
}

/** A folder's name as a key of JSON, which is text: one that is not UTF-8 is told apart by how it begins. */
export function folderKey(path: BytePath): string {
  return toText(path) ?? `base64:${toBytes(path).toString('base64')}`;
}

/** Whether there is such a zone is another question: other systems know others. */
const ZONE = /^[A-Za-z0-9_+/-]{1,64}$/;
const DATE = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}Z$/;
const SHA256 = /^[0-9a-f]{64}$/;
/** A keyed hash, see `host/machine.ts`. */
export const MACHINE: RegExp = /^[0-9a-f]{32}$/;
/** A plain name: nothing that leads out of the snapshot's folder. */
// oxlint-disable-next-line no-control-regex -- NUL is one of those that no name holds
const FILE_NAME = /^(?!\.{1,2}$)[^/\\\0]+$/;
/** The same, perhaps in the folder of another snapshot of the series. */
// oxlint-disable-next-line no-control-regex
const FILE_PLACE = /^(?:\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}Z\/)?(?!\.{1,2}$)[^/\\\0]+$/;

/** `info` as it is written: indented, keys in the order of {@link Info}. */
export function formatInfo(info: Info): string {
  return `${JSON.stringify(info, undefined, 2)}\n`;
}

/**
 * Reads an info.json.
 *
 * @param where - The file, for messages.
 * @throws {@link SnapshotError} `E_DAMAGED` that says where it is wrong.
 */
export function parseInfo(json: string, where: string): Info {
  const fields = Fields.parse(json, where);
  if (fields.has('encrypted')) throw encryptedError(where);
  const version = fields.count('version');
  if (version !== 1 && version !== VERSION) {
    const hint = 'A newer version of snapshot wrote it; use that one.';
    throw new DamagedError(where, `has version ${version}, which is not known here`, { hint });
  }
  const [time, hash, count, change] = [
    fields.object('time'),
    fields.object('hash'),
    fields.object('count'),
    fields.object('change'),
  ];
  const index = fields.object('index');
  return {
    version,
    tool: fields.text('tool'),
    name: fields.text('name', FILE_NAME),
    host: fields.text('host'),
    ...(fields.has('machine') && { machine: fields.text('machine', MACHINE) }),
    source: fields.text('source'),
    destination: fields.text('destination'),
    time: { started: time.time('started'), finished: time.time('finished') },
    ...(fields.has('sequence') && { sequence: fields.count('sequence') }),
    ...(fields.has('zone') && { zone: fields.text('zone', ZONE) }),
    ...(fields.has('archiveDate') && { archiveDate: fields.text('archiveDate', DATE) }),
    strategy: fields.oneOf('strategy', ['incremental', 'full']),
    format: fields.oneOf('format', ['tar.zst', 'zip']),
    hash: {
      algorithm: hash.oneOf('algorithm', ['blake3']),
      tree: hash.text('tree', SHA256),
      folders: hash.object('folders').texts(SHA256),
    },
    count: { files: count.count('files'), folders: count.count('folders'), links: count.count('links') },
    bytes: fields.count('bytes'),
    change: {
      added: change.count('added'),
      modified: change.count('modified'),
      removed: change.count('removed'),
    },
    previous: fields.has('previous') ? fields.text('previous') : null,
    archives: fields.objects('archives').map((archive) => ({
      number: archive.count('number'),
      ...fileOf(archive),
      entries: archive.count('entries'),
      liveBytes: archive.count('liveBytes'),
    })),
    index: fileOf(index),
    changes: fields.has('changes') ? fileOf(fields.object('changes')) : null,
    dead: fields.has('dead') ? fileOf(fields.object('dead')) : null,
    skipped: fields.objects('skipped').map((skipped) => ({
      ...(skipped.has('path') ? { path: skipped.text('path') } : { pathBase64: skipped.text('pathBase64') }),
      reason: skipped.text('reason'),
    })),
    ...(fields.has('mounts') && { mounts: fields.objects('mounts').map(mountOf) }),
    ...(fields.has('recipients') && { recipients: fields.strings('recipients') }),
    ...(fields.has('attributes') && { attributes: fields.boolean('attributes') }),
    ...(fields.has('guards') && { guards: fields.strings('guards') }),
  };
}

function mountOf(fields: Fields): MountPoint {
  return {
    ...(fields.has('path') ? { path: fields.text('path') } : { pathBase64: fields.text('pathBase64') }),
    ...(fields.has('id') && { id: fields.text('id') }),
  };
}

function fileOf(fields: Fields): FileInfo {
  return {
    file: fields.text('file', FILE_PLACE),
    bytes: fields.count('bytes'),
    sha256: fields.text('sha256', SHA256),
  };
}
