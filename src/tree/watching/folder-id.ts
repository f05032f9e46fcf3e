import { lstatSync, statSync } from 'node:fs';
import type { BytePath } from '../path.ts';
import { foldersIn, namesIn } from '../names-in.ts';

/** What tells a folder from all others that are there at the same time, whatever its path is. */
export interface FolderId {
  readonly device: bigint;
  readonly inode: bigint;
}

export function isSame(a: FolderId, b: FolderId): boolean {
  return a.device === b.device && a.inode === b.inode;
}

/** The folder at `path`; undefined when there is none. @param follows - It may be a link to it. */
export function identify(path: string | Buffer, follows = false): FolderId | undefined {
  try {
    const stats = (follows ? statSync : lstatSync)(path, { bigint: true });
    return stats.isDirectory() ? { device: stats.dev, inode: stats.ino } : undefined;
  } catch {
    // Gone, or not to be looked at: who lists the folder above it for its own sake says so.
    return undefined;
  }
}

/** The folders in the folder at `path`, by name; none when it cannot be listed. */
export function subfoldersOf(path: string | Buffer): ReadonlyMap<BytePath, FolderId> {
  const at = Buffer.concat([Buffer.from(path), Buffer.from('/')]);
  const folders = new Map<BytePath, FolderId>();
  for (const name of folderNames(path)) {
    const id = identify(Buffer.concat([at, Buffer.from(name, 'latin1')]));
    if (id !== undefined) folders.set(name, id);
  }
  return folders;
}

function folderNames(path: string | Buffer): Iterable<BytePath> {
  const folders = foldersIn(path);
  if (folders !== 'unknown') return folders as ReadonlySet<BytePath>;
  try {
    return namesIn(path);
  } catch {
    return [];
  }
}
