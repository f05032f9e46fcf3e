// What a look at a file says of it, without its content.
import type { BigIntStats } from 'node:fs';
import { lstat, open, type FileHandle } from 'node:fs/promises';
import { constants } from 'node:fs';
import { systemCode } from '../../base/errors.ts';
import { type BytePath, parentOf, systemPath } from '../../tree/path.ts';
import type { Held } from './holdings.ts';

export type Sight = Pick<Held, 'size' | 'mtimeMs' | 'inode'>;

export function sightOf({
  size,
  mtimeNs,
  inode,
}: {
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly inode: bigint;
}): Sight {
  return { size, mtimeMs: Number(mtimeNs) / 1e6, inode: Number(inode) };
}

export function sightOfStats({ size, mtimeNs, ino }: BigIntStats): Sight {
  return sightOf({ size: Number(size), mtimeNs, inode: ino });
}

/** Whether the content can be taken for the same: as size and time, which other systems than ours go by, too. */
export function isSameSight(a: Sight, b: Sight): boolean {
  return a.size === b.size && a.mtimeMs === b.mtimeMs;
}

/** What is not there, or is not what it was. */
const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

/** Whether a call has failed because the file is not there, or something else is in its place. */
function isAbsent(error: unknown): boolean {
  return ABSENT.has(systemCode(error) ?? '');
}

/**
 * Looks at the file at `path` below the folder `root`, through no link.
 *
 * @returns Undefined when there is none.
 */
export async function lookAt(root: string, path: BytePath): Promise<BigIntStats | undefined> {
  try {
    if (!(await isReached(root, path))) return undefined;
    const stats = await lstat(systemPath(root, path), { bigint: true });
    return stats.isFile() ? stats : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Opens the file at `path` to read it, through no link; undefined when there is none. The caller closes it. */
export async function openFile(root: string, path: BytePath): Promise<FileHandle | undefined> {
  try {
    if (!(await isReached(root, path))) return undefined;
    // Nor does it wait for a pipe.
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
    const handle = await open(systemPath(root, path), flags);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
    return undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Whether the folders on the way to `path` are folders, and none is a link. */
async function isReached(root: string, path: BytePath): Promise<boolean> {
  for (let folder = parentOf(path); folder !== ''; folder = parentOf(folder)) {
    if (!(await lstat(systemPath(root, folder))).isDirectory()) return false;
  }
  return true;
}
