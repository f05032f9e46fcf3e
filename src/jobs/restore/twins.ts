// Names that some file systems take for one: they differ by case or Unicode form only. What is one there is told by
// what a folder lists, as not every file system gives one file one inode.
import { lstat, readdir } from 'node:fs/promises';
import type { EntryTable } from '../../tree/entry-table.ts';
import { baseName, type BytePath, fromBytes, parentOf, systemPath } from '../../tree/path.ts';

// oxlint-disable-next-line no-control-regex -- all of ASCII is meant
const ASCII = /^[\0-\x7f]*$/;

/** `path` as a file system sees it that knows neither case nor Unicode forms. */
function folded(path: BytePath): string {
  const text = ASCII.test(path) ? path : Buffer.from(path, 'latin1').toString('utf8').normalize('NFC');
  return text.toUpperCase().toLowerCase();
}

/** By number of an entry: an earlier one of the same folder whose name some systems take for its own. */
export function findTwins(entries: Pick<EntryTable, 'length' | 'path'>): ReadonlyMap<number, number> {
  const twins = new Map<number, number>();
  /** Folders above the entry at work, and the names in them. */
  const above: { readonly path: BytePath; readonly names: Map<string, number> }[] = [];
  for (let i = 0; i < entries.length; i++) {
    const path = entries.path(i);
    if (path === '') continue;
    const parent = parentOf(path);
    while (above.length > 0 && above.at(-1)?.path !== parent && !isBelow(parent, above.at(-1)?.path))
      above.pop();
    let folder = above.at(-1);
    if (folder?.path !== parent) above.push((folder = { path: parent, names: new Map() }));
    const name = folded(baseName(path));
    const twin = folder.names.get(name);
    if (twin === undefined) folder.names.set(name, i);
    else twins.set(i, twin);
  }
  return twins;
}

function isBelow(path: BytePath, folder: BytePath | undefined): boolean {
  return folder === '' || (folder !== undefined && path.startsWith(`${folder}/`));
}

/** What folders list, each asked once. */
class Listings {
  readonly #root: string;
  readonly #names = new Map<BytePath, Promise<ReadonlySet<BytePath>>>();

  constructor(root: string) {
    this.#root = root;
  }

  /** Whether the name of `path` is listed in just this spelling. */
  async has(path: BytePath): Promise<boolean> {
    const folder = parentOf(path);
    const known = this.#names.get(folder) ?? this.#list(folder);
    this.#names.set(folder, known);
    return (await known).has(baseName(path));
  }

  async #list(folder: BytePath): Promise<ReadonlySet<BytePath>> {
    const names = await readdir(systemPath(this.#root, folder), { encoding: 'buffer' }).catch(() => []);
    return new Set(names.map((name) => fromBytes(name)));
  }
}

/**
 * Entries that the target has not beside their twin but as it: both can be found there, and not both are listed.
 *
 * @param isThere - Whether something was found at the path of an entry.
 */
export async function findAliases(
  root: string,
  entries: Pick<EntryTable, 'path'>,
  twins: ReadonlyMap<number, number>,
  isThere: (i: number) => boolean,
): Promise<ReadonlySet<number>> {
  const aliases = new Set<number>();
  const listings = new Listings(root);
  for (const [i, twin] of twins) {
    if (!isThere(i) || !isThere(twin)) continue;
    if ((await listings.has(entries.path(i))) && (await listings.has(entries.path(twin)))) continue;
    aliases.add(i);
  }
  return aliases;
}

/**
 * The paths among `extras` at which the target has what is wanted, listed there in another spelling: by the name as
 * systems without case see it, or, should this one see it otherwise, by the inode.
 *
 * @param extras - Paths that the target lists, and that are not wanted.
 * @param unlisted - Paths that are wanted and can be found in the target, although it does not list them so.
 */
export async function otherSpellings(
  root: string,
  extras: readonly BytePath[],
  unlisted: readonly BytePath[],
): Promise<ReadonlySet<BytePath>> {
  if (unlisted.length === 0) return new Set();
  const names = new Set(unlisted.map(folded));
  const files = new Set(await Promise.all(unlisted.map(async (path) => await fileAt(root, path))));
  files.delete(undefined);
  const same = new Set<BytePath>();
  for (const path of extras) {
    const file = await fileAt(root, path);
    if (names.has(folded(path)) || (file !== undefined && files.has(file))) same.add(path);
  }
  return same;
}

/** Device and inode; undefined where there are none. */
async function fileAt(root: string, path: BytePath): Promise<string | undefined> {
  try {
    const { dev, ino } = await lstat(systemPath(root, path), { bigint: true });
    return ino === 0n ? undefined : `${dev}:${ino}`;
  } catch {
    // It is compared by its name alone.
    return undefined;
  }
}
