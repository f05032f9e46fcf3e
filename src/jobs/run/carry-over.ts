import { EntryTable } from '../../tree/entry-table.ts';
import type { Held } from '../../series/guards.ts';
import type { IndexEntry } from '../../series/index/index-line.ts';
import { COARSEST_TICK_NS } from '../../tree/compare.ts';
import type { Entry, Problem } from '../../tree/entry.ts';
import { type BytePath, comparePaths, parentOf } from '../../tree/path.ts';
import { folderWithin } from '../../tree/within.ts';
import { awayParts, mountsOf } from './away-parts.ts';
import type { Previous } from './previous.ts';
import type { RowContext } from './row-context.ts';
import { compareWith, type Scanned } from './row-scan.ts';

/** The tree with what was carried over, compared anew, and the guards that made it so. */
export interface CarriedOver {
  readonly previous: Previous;
  readonly scanned: Scanned;
  readonly held: readonly Held[];
}

/**
 * What lies in a folder that cannot be read, or cannot even be looked at, is not gone: it stays as the last
 * snapshot has it. So does a part of the source that is away.
 */
export async function carryOver(
  context: RowContext,
  previous: Previous,
  scanned: Scanned,
): Promise<CarriedOver> {
  const { series, options } = context;
  const { tree } = scanned;
  const { newest } = previous;
  if (newest === undefined) return { previous, scanned, held: [] };
  const parts = await awayParts(context, newest, tree);
  const held = parts.map((part) => part.held);
  const away: ReadonlySet<BytePath> = new Set(parts.map(({ path }) => path));
  const unreadable = new Set(
    tree.problems.flatMap(({ kind, path }) => (kind === 'unreadable' ? [path] : [])),
  );
  if (unreadable.size === 0 && away.size === 0) return { previous, scanned, held };
  const { entries, carried, left } = merged(tree.entries, await series.entries(newest), unreadable, away);
  if (carried.length === 0) return { previous, scanned, held };
  const cursor = await series.index(newest);
  const again = { ...previous, entries: cursor, holdings: cursor.holdings };
  const isCarried = (path: BytePath): boolean => folderWithin(path, away) !== undefined;
  const comparison = compareWith(again, entries, options.rehash, isCarried);
  comparison.finish();
  const startedNs = BigInt(Date.parse(newest.info.time.started)) * 1_000_000n;
  for (const { entry, kept } of carried) {
    // What is away comes back as it went; only what may have changed right after it was read is to be read again.
    if (isCarried(entry.path) && entry.ctimeNs < startedNs - COARSEST_TICK_NS) continue;
    const i = entries.find(entry.path);
    if (i === undefined || entry.type !== 'file') continue;
    entries.replace(i, unseen(entries.at(i)));
    cursor.holdings.keepAs(i, kept ?? newest.name);
  }
  const mounts = [
    ...tree.mounts.filter(({ path }) => !isCarried(path)),
    ...mountsOf(newest).filter(({ path }) => isCarried(path)),
  ].toSorted((a, b) => comparePaths(a.path, b.path));
  const problems = [...tree.problems.filter(({ path }) => !isCarried(path)), ...leftOut(left)];
  return { previous: again, scanned: { tree: { ...tree, entries, mounts, problems }, comparison }, held };
}

/**
 * As an index has an entry of which nobody knows whether it still is so: as soon as it can be read it is looked into,
 * whatever its times say, and is no more a copy that is only kept.
 */
export function unseen(entry: Entry): Entry {
  return { ...entry, ctimeNs: 0n, inode: 0n };
}

/** What is carried over, as far as it has to be remembered. */
type Carried = Pick<IndexEntry, 'entry' | 'kept'>;

/**
 * Both, in path order: what is unreadable now as it was, where nothing else is in its place; what is away as it was,
 * whatever is in its place, and the folders that lead to it.
 */
function merged(
  now: EntryTable,
  before: Iterable<IndexEntry>,
  unreadable: ReadonlySet<BytePath>,
  away: ReadonlySet<BytePath>,
): { entries: EntryTable; carried: readonly Carried[]; left: ReadonlyMap<BytePath, number> } {
  const all = new EntryTable(now.length);
  const carried: Carried[] = [];
  const above = foldersAbove(away);
  const isAway = (path: BytePath): boolean => folderWithin(path, away) !== undefined;
  const firstNames = new Map<BytePath, BytePath>();
  /** How many files and links are in the place of each part that is away. */
  const left = new Map<BytePath, number>();
  const leave = (i: number, part: BytePath): void => {
    if (now.type(i) !== 'folder') left.set(part, (left.get(part) ?? 0) + 1);
  };
  let next = 0;
  const passUpTo = (path: BytePath | undefined): void => {
    for (; next < now.length; next++) {
      if (path !== undefined && comparePaths(now.path(next), path) >= 0) return;
      const part = folderWithin(now.path(next), away);
      if (part === undefined) all.push(relinked(now.at(next), isAway, firstNames));
      else leave(next, part);
    }
  };
  for (const item of before) {
    const { path } = item.entry;
    passUpTo(path);
    const isThere = next < now.length && now.path(next) === path;
    const isPart = isAway(path);
    if (isPart || (above.has(path) && (!isThere || now.type(next) !== 'folder'))) {
      if (isThere) leave(next++, folderWithin(path, away) ?? path);
      const { hardlink } = item.entry;
      const isInside = hardlink !== undefined && isAway(hardlink);
      const entry = isInside ? item.entry : { ...item.entry, hardlink: undefined };
      all.push(entry);
      carried.push({ entry, kept: item.kept });
    } else if (!isThere && folderWithin(path, unreadable) !== undefined) {
      const isLinked = hasFirstName(item.entry, now, unreadable);
      const entry = isLinked ? item.entry : { ...item.entry, hardlink: undefined };
      all.push(entry);
      carried.push({ entry, kept: item.kept });
    }
  }
  passUpTo(undefined);
  return { entries: all, carried, left };
}

/** Whether the first name of a further one that is carried over has its content still: it stays as well, or is as it was. */
function hasFirstName(entry: Entry, now: EntryTable, unreadable: ReadonlySet<BytePath>): boolean {
  if (entry.hardlink === undefined) return true;
  const i = now.find(entry.hardlink);
  if (i === undefined) return folderWithin(entry.hardlink, unreadable) !== undefined;
  const first = now.at(i);
  return (
    now.hasContent(i) &&
    first.inode === entry.inode &&
    first.size === entry.size &&
    first.mtimeNs === entry.mtimeNs &&
    first.ctimeNs === entry.ctimeNs
  );
}

/** Names what is not in the snapshot because it lies where something is away. */
function leftOut(left: ReadonlyMap<BytePath, number>): readonly Problem[] {
  return [...left].map(([path, count]) => {
    const what = count === 1 ? 'what lies there now is' : `${count} files and links that lie there now are`;
    return { path, kind: 'unreadable', reason: `is away; ${what} not in the snapshot` };
  });
}

function foldersAbove(paths: ReadonlySet<BytePath>): ReadonlySet<BytePath> {
  const folders = new Set<BytePath>();
  for (const path of paths) for (let at = path; at !== '';) folders.add((at = parentOf(at)));
  folders.delete('' as BytePath);
  return folders;
}

/** Where the first name of a file is left out, the next one that stays is the first. */
function relinked(
  entry: Entry,
  isLeftOut: (path: BytePath) => boolean,
  firstNames: Map<BytePath, BytePath>,
): Entry {
  if (entry.hardlink === undefined || !isLeftOut(entry.hardlink)) return entry;
  const first = firstNames.get(entry.hardlink);
  if (first === undefined) firstNames.set(entry.hardlink, entry.path);
  return { ...entry, hardlink: first };
}
