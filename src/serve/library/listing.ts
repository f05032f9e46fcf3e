// What a folder of a library has in it, and which files have a text in their path. Pure.
import { baseName, type BytePath, display } from '../../tree/path.ts';
import type { Held } from './holdings.ts';

/** A folder, with all that is below it. */
export interface ListedFolder {
  readonly path: BytePath;
  readonly files: number;
  readonly bytes: number;
}

/** Some of what was asked for: folders first, each kind in the order of the bytes of its names. */
export interface Listing {
  readonly folders: readonly ListedFolder[];
  readonly files: readonly Held[];
  /** What to ask with for those that follow; undefined when there are none. */
  readonly next: string | undefined;
}

export interface Page {
  /** The {@link Listing.next} of the page before; undefined for the first. */
  readonly after: string | undefined;
  /** So many at most. */
  readonly limit: number;
}

/** What is directly in `folder`, which is empty at the top. */
export function listFolder(all: Iterable<Held>, folder: BytePath, page: Page): Listing {
  const start = folder === '' ? 0 : folder.length + 1;
  const folders = new Map<string, { path: BytePath; files: number; bytes: number }>();
  const files: Held[] = [];
  for (const held of all) {
    if (start > 0 && !(held.path.startsWith(folder) && held.path[folder.length] === '/')) continue;
    const end = held.path.indexOf('/', start);
    if (end === -1) {
      files.push(held);
      continue;
    }
    const name = held.path.slice(start, end);
    const one = folders.get(name) ?? { path: held.path.slice(0, end) as BytePath, files: 0, bytes: 0 };
    one.files += 1;
    one.bytes += held.size;
    folders.set(name, one);
  }
  return pageOf([...folders.values()], files, page);
}

/** The files whose path has `text` in it, whatever the case. */
export function searchFiles(all: Iterable<Held>, text: string, page: Page): Listing {
  const wanted = plain(text);
  const files = [...all].filter(({ path }) => plain(display(path)).includes(wanted));
  return pageOf([], files, page);
}

/** The files below `folder`, in the order of their paths. */
export function filesBelow(all: Iterable<Held>, folder: BytePath): readonly Held[] {
  return [...all].filter(({ path }) => folder === '' || path.startsWith(`${folder}/`)).toSorted(byPath);
}

/** What is after the last name of the page before stays where it is, whatever has come or gone since. */
function pageOf(folders: readonly ListedFolder[], files: readonly Held[], { after, limit }: Page): Listing {
  const last = after === undefined ? '' : Buffer.from(after, 'base64url').toString('latin1');
  const isFile = last.startsWith('f');
  const path = last.slice(1);
  const someFolders = isFile ? [] : folders.filter((one) => one.path > path).toSorted(byPath);
  const someFiles = (isFile ? files.filter((one) => one.path > path) : files).toSorted(byPath);
  const pageFolders = someFolders.slice(0, limit);
  const pageFiles = someFiles.slice(0, limit - pageFolders.length);
  const shown = pageFolders.length + pageFiles.length;
  const end = pageFiles.at(-1)?.path ?? pageFolders.at(-1)?.path;
  const hasMore = end !== undefined && shown < someFolders.length + someFiles.length;
  const next = hasMore
    ? Buffer.from(`${pageFiles.length > 0 ? 'f' : 'd'}${end}`, 'latin1').toString('base64url')
    : undefined;
  return { folders: pageFolders, files: pageFiles, next };
}

function byPath(a: { readonly path: BytePath }, b: { readonly path: BytePath }): number {
  return a.path < b.path ? -1 : 1;
}

/** As it is compared in a search: macOS writes é as two characters. */
function plain(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

/** The name of a path for people. */
export function nameOf(path: BytePath): string {
  return display(baseName(path));
}
