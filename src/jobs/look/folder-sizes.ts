// What the folders of a snapshot hold, and what that takes on disk.
import type { EntryLines } from '../../series/index/entry-lines.ts';
import type { At } from '../../series/index/index-line.ts';
import type { BytePath } from '../../tree/path.ts';

export interface FolderSize {
  /** Empty: the whole snapshot. */
  readonly path: BytePath;
  readonly files: number;
  readonly bytes: number;
  /**
   * Estimated: files that were compressed together share what that takes, by their sizes; and content that is at several
   * paths counts at the first.
   */
  readonly diskBytes: number;
}

/** A stretch of an archive that is compressed as a whole. */
interface Stretch {
  readonly bytes: number;
  /** Of the files in it, by where they begin. */
  readonly sizes: Map<number, number>;
  total: number;
}

/**
 * The folders down to `depth` levels below the root, and the root; largest first.
 *
 * @param read - Opens the entries: they are read twice.
 */
export async function folderSizes(
  read: () => Promise<EntryLines>,
  depth: number,
): Promise<readonly FolderSize[]> {
  const stretches = new Map<string, Stretch>();
  for (const { entry, at } of (await read()).entries()) {
    if (at !== undefined) addTo(stretches, at, entry.size);
  }
  const folders = new Map<BytePath, { files: number; bytes: number; diskBytes: number }>();
  for (const { entry, at } of (await read()).entries()) {
    if (entry.type !== 'file') continue;
    // One file under several names is there once.
    const bytes = entry.hardlink === undefined ? entry.size : 0;
    const diskBytes = at === undefined ? 0 : takeShare(stretches, at);
    for (const path of foldersOf(entry.path, depth)) {
      const folder = folders.get(path) ?? { files: 0, bytes: 0, diskBytes: 0 };
      folders.set(path, folder);
      folder.files++;
      folder.bytes += bytes;
      folder.diskBytes += diskBytes;
    }
  }
  return [...folders]
    .map(([path, { files, bytes, diskBytes }]) => ({ path, files, bytes, diskBytes: Math.round(diskBytes) }))
    .toSorted((a, b) => b.bytes - a.bytes);
}

function addTo(stretches: Map<string, Stretch>, [archive, offset, length, skip]: At, size: number): void {
  const key = `${archive} ${offset}`;
  const stretch = stretches.get(key) ?? { bytes: length, sizes: new Map<number, number>(), total: 0 };
  stretches.set(key, stretch);
  if (stretch.sizes.has(skip)) return;
  stretch.sizes.set(skip, size);
  stretch.total += size;
}

/** What the content there takes of its stretch; the second time it takes nothing. */
function takeShare(stretches: ReadonlyMap<string, Stretch>, [archive, offset, , skip]: At): number {
  const stretch = stretches.get(`${archive} ${offset}`);
  const size = stretch?.sizes.get(skip);
  if (stretch === undefined || size === undefined) return 0;
  stretch.sizes.delete(skip);
  return stretch.total === 0 ? 0 : (stretch.bytes * size) / stretch.total;
}

/** Those above `path`, from the root on, as many as are told. */
function foldersOf(path: BytePath, depth: number): readonly BytePath[] {
  const found = [path.slice(0, 0) as BytePath];
  for (let end = path.indexOf('/'); end >= 0 && found.length <= depth; end = path.indexOf('/', end + 1))
    found.push(path.slice(0, end) as BytePath);
  return found;
}
