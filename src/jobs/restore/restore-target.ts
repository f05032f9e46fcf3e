// The folder that is restored into, and what is in it already.
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { reasonOf, SnapshotError, systemCode } from '../../errors.ts';
import { ordered } from '../../ordered.ts';
import { EntryTable } from '../../tree/entry-table.ts';
import type { BytePath } from '../../tree/path.ts';
import { scanTree } from '../../tree/scanner.ts';
import type { UnpackPool } from '../../unpack/pool.ts';
import type { Found, Sought } from '../../unpack/tasks.ts';
import type { Choice } from './choice.ts';
import type { Extra } from './target-plan.ts';
import type { Wanted } from './wanted.ts';

/** So many entries are looked up by one task. */
const AT_ONCE = 1024;

export interface TargetFolder {
  /** Absolute, and free of links. */
  readonly root: string;
  readonly exists: boolean;
  readonly isEmpty: boolean;
}

/** @throws {@link SnapshotError} `E_USAGE` when `to` is no folder, or cannot be read. */
export async function findTarget(to: string): Promise<TargetFolder> {
  const path = resolve(to);
  try {
    const root = await realpath(path);
    if (!(await stat(root)).isDirectory()) throw new SnapshotError('E_USAGE', `"${path}" is no folder`);
    return { root, exists: true, isEmpty: (await readdir(root, { encoding: 'buffer' })).length === 0 };
  } catch (error) {
    if (error instanceof SnapshotError) throw error;
    if (systemCode(error) !== 'ENOENT' || dirname(path) === path) {
      throw new SnapshotError('E_USAGE', `Cannot restore to "${path}": ${reasonOf(error)}`, { cause: error });
    }
    const parent = await findTarget(dirname(path));
    return { root: join(parent.root, basename(path)), exists: false, isEmpty: true };
  }
}

/**
 * Refuses a target within the series, and, with `--delete`, one around it.
 *
 * @throws {@link SnapshotError} `E_USAGE`
 */
export async function keepApart({ root }: TargetFolder, series: string, deletes: boolean): Promise<void> {
  const folder = await realpath(series).catch(() => resolve(series));
  if (isWithin(root, folder)) {
    throw new SnapshotError('E_USAGE', `"${root}" lies within the series, which a restore must not change`);
  }
  if (deletes && isWithin(folder, root)) {
    throw new SnapshotError('E_USAGE', `With --delete, a restore to "${root}" would delete the series in it`);
  }
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && resolve(folder, way) === path);
}

/** What is at the paths of the entries, by their numbers. */
export interface Sightings {
  readonly found: (i: number) => Found;
  /** Device and inode of a file that is one of several names. */
  readonly inodes: ReadonlyMap<number, string>;
}

/** Looks up all entries of `wanted` in the target, in threads. */
export async function sight(
  { root, exists, isEmpty }: TargetFolder,
  wanted: Wanted,
  pool: UnpackPool,
  signal: AbortSignal,
): Promise<Sightings> {
  const { entries, names } = wanted;
  const inodes = new Map<number, string>();
  if (!exists || isEmpty) {
    const top: Found = exists ? 'empty' : 'none';
    return { found: (i) => (entries.path(i) === '' ? top : 'none'), inodes };
  }
  const shared = new Set([...names].flat());
  const found: Found[] = [];
  const starts = Array.from({ length: Math.ceil(entries.length / AT_ONCE) }, (_, n) => n * AT_ONCE);
  const results = ordered(starts, pool.size * 2, async (start) => {
    signal.throwIfAborted();
    const length = Math.min(AT_ONCE, entries.length - start);
    const sought = Array.from({ length }, (_, n) => soughtOf(wanted, start + n, shared.has(start + n)));
    return { start, ...(await pool.run({ kind: 'look', root, sought })) };
  });
  for await (const result of results) {
    found.push(...result.found);
    for (const [n, inode] of result.inodes) inodes.set(result.start + n, inode);
  }
  return { found: (i) => found[i] ?? 'none', inodes };
}

function soughtOf({ entries }: Wanted, i: number, isShared: boolean): Sought {
  const { path, type, size, mode, uid, gid, mtimeNs, target } = entries.at(i);
  return { path, type, size, mode, uid, gid, mtimeNs, target, hash: entries.hash(i), isShared };
}

/**
 * What the target has and `wanted` has not. What a `.snapshotignore` there leaves out, the snapshot could not
 * have: it is no part of it.
 *
 * @param unknown - Paths that the snapshot would have if they could have been read.
 */
export async function findExtras(
  { root, exists, isEmpty }: TargetFolder,
  { entries }: Wanted,
  choice: Choice,
  unknown: ReadonlySet<BytePath>,
  signal: AbortSignal,
): Promise<readonly Extra[]> {
  if (!exists || isEmpty) return [];
  const there = new EntryTable();
  await scanTree(root, [], signal, there, () => {});
  const extras: Extra[] = [];
  for (let i = 0; i < there.length; i++) {
    const path = there.path(i);
    if (path === '' || entries.find(path) !== undefined) continue;
    const type = there.type(i);
    extras.push({ path, type, isChosen: choice.has(path, type === 'folder') && !isUnknown(path, unknown) });
  }
  return extras;
}

function isUnknown(path: BytePath, unknown: ReadonlySet<BytePath>): boolean {
  for (let at = path.length; at > 0; at = path.lastIndexOf('/', at - 1)) {
    if (unknown.has(path.slice(0, at) as BytePath)) return true;
  }
  return false;
}
