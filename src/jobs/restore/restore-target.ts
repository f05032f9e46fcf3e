// The folder that is restored into, and what is in it already.
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { reasonOf, SnapshotError, systemCode } from '../../base/errors.ts';
import { ordered } from '../../base/ordered.ts';
import { TELLING } from '../../series/recognise.ts';
import { EntryTable } from '../../tree/entry-table.ts';
import type { BytePath } from '../../tree/path.ts';
import { scanTree } from '../../tree/scanner.ts';
import type { UnpackPool } from '../../unpack/pool.ts';
import type { Found, Sought } from '../../unpack/tasks.ts';
import type { Choice } from './choice.ts';
import type { Extra } from './target-plan.ts';
import { findAliases, findTwins, otherSpellings } from './twins.ts';
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

/** What is at the paths of the entries, by their numbers. */
export interface Sightings {
  readonly found: (i: number) => Found;
  /** Device and inode of a file that is one of several names. */
  readonly inodes: ReadonlyMap<number, string>;
  /** What {@link findTwins} and {@link findAliases} say. */
  readonly twins: ReadonlyMap<number, number>;
  readonly aliases: ReadonlySet<number>;
  /** Folders that may be those of a series. */
  readonly telling: readonly BytePath[];
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
  const twins = findTwins(entries);
  if (!exists || isEmpty) {
    const top: Found = exists ? 'empty' : 'none';
    return {
      found: (i) => (entries.path(i) === '' ? top : 'none'),
      inodes,
      twins,
      aliases: new Set(),
      telling: [],
    };
  }
  const shared = new Set([...names].flat());
  const found: Found[] = [];
  const telling: BytePath[] = [];
  const starts = Array.from({ length: Math.ceil(entries.length / AT_ONCE) }, (_, n) => n * AT_ONCE);
  const results = ordered(starts, pool.size * 2, async (start) => {
    signal.throwIfAborted();
    const length = Math.min(AT_ONCE, entries.length - start);
    const sought = Array.from({ length }, (_, n) => soughtOf(wanted, start + n, shared.has(start + n)));
    return { start, ...(await pool.run({ kind: 'look', root, sought, telling: TELLING })) };
  });
  for await (const result of results) {
    found.push(...result.found);
    telling.push(...result.telling.map((n) => entries.path(result.start + n)));
    for (const [n, inode] of result.inodes) inodes.set(result.start + n, inode);
  }
  const at = (i: number): Found => found[i] ?? 'none';
  const aliases = await findAliases(root, entries, twins, (i) => at(i) !== 'none');
  return { found: at, inodes, twins, aliases, telling };
}

function soughtOf({ entries }: Wanted, i: number, isShared: boolean): Sought {
  const { path, type, size, mode, uid, gid, mtimeNs, target, attributes } = entries.at(i);
  const meta = { mode, uid, gid, mtimeNs, attributes };
  return { path, type, size, ...meta, target, hash: entries.hash(i), isShared };
}

/**
 * What the target has and `wanted` has not. What a `.snapshotignore` there leaves out, the snapshot could not
 * have: it is no part of it.
 *
 * What it has of `wanted` in another spelling is none of these: on a file system without case it is the same file.
 *
 * @param found - What there is at the paths of entries.
 * @param unknown - Paths that the snapshot would have if they could have been read.
 */
export async function findExtras(
  { root, exists, isEmpty }: TargetFolder,
  { entries }: Wanted,
  found: (i: number) => Found,
  choice: Choice,
  unknown: ReadonlySet<BytePath>,
  signal: AbortSignal,
): Promise<readonly Extra[]> {
  if (!exists || isEmpty) return [];
  const there = new EntryTable();
  await scanTree(root, signal, there, () => {});
  const numbers = Array.from({ length: there.length }, (_, i) => i);
  const more = numbers.filter((i) => there.path(i) !== '' && entries.find(there.path(i)) === undefined);
  if (more.length === 0) return [];
  const unlisted: BytePath[] = [];
  for (let i = 0; i < entries.length; i++) {
    const path = entries.path(i);
    if (path !== '' && found(i) !== 'none' && there.find(path) === undefined) unlisted.push(path);
  }
  const same = await otherSpellings(
    root,
    more.map((i) => there.path(i)),
    unlisted,
  );
  return more.flatMap((i): Extra[] => {
    const [path, type, size] = [there.path(i), there.type(i), there.size(i)];
    if (same.has(path)) return [];
    return [{ path, type, size, isChosen: choice.has(path, type === 'folder') && !isUnknown(path, unknown) }];
  });
}

function isUnknown(path: BytePath, unknown: ReadonlySet<BytePath>): boolean {
  for (let at = path.length; at > 0; at = path.lastIndexOf('/', at - 1)) {
    if (unknown.has(path.slice(0, at) as BytePath)) return true;
  }
  return false;
}
