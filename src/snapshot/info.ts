// info.json: what a snapshot says of itself. Its form is in docs/format.md.
import { SnapshotError } from '../errors.ts';
import type { ChangeCount } from '../tree/compare.ts';
import { Fields } from './fields.ts';

/** What info.json holds; docs/format.md says what each part means. */
export interface Info {
  readonly version: 1;
  readonly tool: string;
  readonly name: string;
  readonly host: string;
  readonly source: string;
  readonly destination: string;
  readonly time: { readonly started: string; readonly finished: string };
  readonly strategy: 'incremental' | 'full';
  readonly format: PackFormat;
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
  readonly index: { readonly file: string; readonly bytes: number; readonly sha256: string };
  readonly skipped: readonly SkippedPath[];
}

export type PackFormat = 'tar.zst' | 'zip';

/** An archive that holds content of a snapshot. */
export interface ArchiveInfo {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
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

const SHA256 = /^[0-9a-f]{64}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/;
/** A plain name: nothing that leads out of the snapshot's folder. */
// oxlint-disable-next-line no-control-regex -- NUL is one of those that no name holds
const FILE_NAME = /^(?!\.{1,2}$)[^/\\\0]+$/;

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
  if (fields.count('version') !== 1) {
    const hint = 'A newer version of snapshot wrote it; use that one.';
    throw new SnapshotError(
      'E_DAMAGED',
      `"${where}" has version ${fields.count('version')}, which is not known here`,
      { hint },
    );
  }
  const [time, hash, count, change] = [
    fields.object('time'),
    fields.object('hash'),
    fields.object('count'),
    fields.object('change'),
  ];
  const index = fields.object('index');
  return {
    version: 1,
    tool: fields.text('tool'),
    name: fields.text('name', FILE_NAME),
    host: fields.text('host'),
    source: fields.text('source'),
    destination: fields.text('destination'),
    time: { started: time.text('started', TIME), finished: time.text('finished', TIME) },
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
      file: archive.text('file', FILE_NAME),
      bytes: archive.count('bytes'),
      sha256: archive.text('sha256', SHA256),
      entries: archive.count('entries'),
      liveBytes: archive.count('liveBytes'),
    })),
    index: {
      file: index.text('file', FILE_NAME),
      bytes: index.count('bytes'),
      sha256: index.text('sha256', SHA256),
    },
    skipped: fields.objects('skipped').map((skipped) => ({
      ...(skipped.has('path') ? { path: skipped.text('path') } : { pathBase64: skipped.text('pathBase64') }),
      reason: skipped.text('reason'),
    })),
  };
}
