// What was moved in the source, and so may be moved in the mirror: no bytes travel. Pure.
import type { Entry, EntryType } from '../tree/entry.ts';
import { type BytePath, comparePaths, parentOf } from '../tree/path.ts';
import { folderWithin } from '../tree/within.ts';
import { type Held, isAsLeft, type There } from './held.ts';

/** The same as in a situation: both in path order. */
interface Before {
  readonly source: readonly Entry[];
  readonly there: readonly There[];
  readonly held: ReadonlyMap<BytePath, Held>;
  readonly mounts: { has(path: BytePath): boolean; readonly size: number };
}

interface Moved {
  /** From where, by the new path. What is moved with its folder is not among them. */
  readonly moves: ReadonlyMap<BytePath, BytePath>;
  /** As they are after the moves. */
  readonly there: readonly There[];
  readonly held: ReadonlyMap<BytePath, Held>;
}

/**
 * Finds what was moved: by inode, and by size and time of a file or by what a folder holds, as numbers of inodes are used
 * again. Only to paths at which the mirror has nothing, and from those at which the source has nothing: at no moment a path is
 * without what it is to have.
 */
export function findMoves({ source, there, held, mounts }: Before): Moved {
  const taken = new Set(there.map(({ path }) => path));
  const news = source.filter(({ path, inode }) => inode !== 0n && !taken.has(path));
  if (news.length === 0) return { moves: new Map(), there, held };
  const wanted = new Map(source.map((entry) => [entry.path, entry]));
  const goneByInode = new Map<bigint, Held | undefined>();
  for (const one of held.values()) {
    if (wanted.has(one.path) || one.inode === 0n || one.type === 'link' || !taken.has(one.path)) continue;
    // Of several names of one file nobody knows which became which.
    goneByInode.set(one.inode, goneByInode.has(one.inode) ? undefined : one);
  }
  if (goneByInode.size === 0) return { moves: new Map(), there, held };
  const children = childrenOf(source);
  const paths = new Map(there.map((one) => [one.path, one]));
  const known = new Map(held);
  const moves = new Map<BytePath, BytePath>();
  for (const entry of news) {
    const before = goneByInode.get(entry.inode);
    // It may have come along with its folder.
    if (before === undefined || paths.has(entry.path) || known.get(before.path) !== before) continue;
    if (isOnMount(before.path, mounts) || isOnMount(entry.path, mounts)) continue;
    const found = paths.get(before.path);
    if (found === undefined || before.type !== entry.type || found.type !== entry.type) continue;
    const isIt =
      entry.type === 'file'
        ? before.size === entry.size && before.mtimeNs === entry.mtimeNs && isAsLeft(found, before)
        : !isWithin(entry.path, before.path) && isSameFolder(before, known, children.get(entry.path) ?? []);
    // On neither way anything has to be cleared away first, as the one would go with it, and the other be in it.
    if (!isIt || !areFolders(before.path, wanted) || !areFolders(entry.path, paths)) continue;
    moves.set(entry.path, before.path);
    moveIn(paths, before.path, entry.path);
    moveIn(known, before.path, entry.path);
    const after = known.get(entry.path);
    // Moving changes nothing else of a file than this. Whole seconds are given to many files, by programs that unpack: of such a one
    // the content decides.
    if (after !== undefined && entry.type === 'file' && entry.mtimeNs % 1_000_000_000n !== 0n)
      known.set(entry.path, { ...after, ctimeNs: entry.ctimeNs });
  }
  if (moves.size === 0) return { moves, there, held };
  return { moves, there: [...paths.values()].toSorted((a, b) => comparePaths(a.path, b.path)), held: known };
}

function childrenOf(source: readonly Entry[]): ReadonlyMap<BytePath, readonly Entry[]> {
  const children = new Map<BytePath, Entry[]>();
  for (const entry of source) {
    if (entry.path === '') continue;
    const parent = parentOf(entry.path);
    const own = children.get(parent);
    if (own === undefined) children.set(parent, [entry]);
    else own.push(entry);
  }
  return children;
}

/** Whether at least half of what a folder held is in the new one. */
function isSameFolder(before: Held, held: ReadonlyMap<BytePath, Held>, now: readonly Entry[]): boolean {
  if (now.length === 0) return false;
  const inodes = new Set(now.map(({ inode }) => inode));
  let [own, same] = [0, 0];
  for (const one of held.values()) {
    if (one.path === '' || parentOf(one.path) !== before.path) continue;
    own++;
    if (inodes.has(one.inode)) same++;
  }
  return own > 0 && same * 2 >= own;
}

/** Whether all that there is above `path` are folders. */
function areFolders(path: BytePath, items: ReadonlyMap<BytePath, { readonly type: EntryType }>): boolean {
  for (let at = parentOf(path); at !== ''; at = parentOf(at))
    if ((items.get(at)?.type ?? 'folder') !== 'folder') return false;
  return true;
}

/** The source itself may be one. */
function isOnMount(path: BytePath, mounts: Before['mounts']): boolean {
  const mount = folderWithin(path, mounts);
  return mount !== undefined && mount !== '';
}

function isWithin(path: BytePath, folder: BytePath): boolean {
  return path.startsWith(`${folder}/`);
}

/** Gives what is at `from`, and all below it, the path `to`. */
export function moveIn<T extends { readonly path: BytePath; readonly type: EntryType }>(
  items: Map<BytePath, T>,
  from: BytePath,
  to: BytePath,
): void {
  const first = items.get(from);
  const all =
    first === undefined || first.type === 'folder'
      ? [...items.values()].filter(({ path }) => path === from || isWithin(path, from))
      : [first];
  for (const one of all) items.delete(one.path);
  for (const one of all) {
    const path = (to + one.path.slice(from.length)) as BytePath;
    items.set(path, { ...one, path });
  }
}
