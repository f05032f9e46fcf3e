// What lies right in one folder of a snapshot, as a file manager shows it.
import { SnapshotError } from '../../base/errors.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import type { Entry } from '../../tree/entry.ts';
import { type BytePath, display } from '../../tree/path.ts';
import { chooseSnapshot } from '../address.ts';

export interface Browsed {
  readonly entry: Entry;
  /** In a folder: files and links, at any depth. Of all else 1. */
  readonly files: number;
  /** In a folder: of all files in it. */
  readonly bytes: number;
}

export interface BrowsedFolder {
  readonly snapshot: Snapshot;
  /** In path order. */
  readonly entries: readonly Browsed[];
}

/** So many lines are read before others get a turn: there may be millions. */
const AT_ONCE = 20_000;

/**
 * @param when - See {@link chooseSnapshot}.
 * @param folder - From the source on; the empty path is the top.
 * @throws {@link SnapshotError} `E_USAGE` when the snapshot has no such folder; `E_DAMAGED`.
 */
export async function browse(series: Series, when: string, folder: BytePath): Promise<BrowsedFolder> {
  const snapshot = chooseSnapshot(await series.survey(), when);
  const lines = await series.entryLines(snapshot);
  const start = folder === '' ? '' : `${folder}/`;
  const entries: { entry: Entry; files: number; bytes: number }[] = [];
  let isThere = folder === '';
  for (let count = 1; lines.path !== undefined; lines.skip(), count++) {
    const { path } = lines;
    if (count % AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    if (path === folder) {
      const { type } = lines.parse().entry;
      if (type !== 'folder') throw noFolder(folder, snapshot, `it is a ${type}`);
      isThere = true;
      continue;
    }
    if (path === '' || !path.startsWith(start)) {
      // What a folder holds follows it directly.
      if (isThere && folder !== '') break;
      continue;
    }
    const { entry } = lines.parse();
    if (!entry.path.includes('/', start.length))
      entries.push(
        entry.type === 'folder' ? { entry, files: 0, bytes: 0 } : { entry, files: 1, bytes: entry.size },
      );
    else {
      // What a folder holds comes right behind it.
      const top = entries.at(-1);
      if (top === undefined || entry.type === 'folder') continue;
      top.files++;
      top.bytes += entry.size;
    }
  }
  if (!isThere) throw noFolder(folder, snapshot, 'there is nothing of that name');
  return { snapshot, entries };
}

function noFolder(folder: BytePath, { name }: Snapshot, why: string): SnapshotError {
  return new SnapshotError('E_USAGE', `"${display(folder)}" in ${name} is no folder: ${why}`, {
    hint: 'Go one folder up, or choose another snapshot.',
  });
}
