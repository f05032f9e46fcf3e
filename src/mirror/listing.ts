// What lies in a mirror, whatever rules the files in it have. Synchronous: it runs in a thread of its own.
import { lstatSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { systemCode } from '../base/errors.ts';
import type { EntryType } from '../tree/entry.ts';
import { namesIn } from '../tree/names-in.ts';
import { type BytePath, fromBytes, join, systemPath } from '../tree/path.ts';
import { DATA_FOLDER, type There } from './held.ts';
import { PARTS } from './placing.ts';

/** All that there is, in path order, but for the mirror's own folder. */
export function listMirror(root: string): readonly There[] {
  const found: There[] = [];
  const look = (path: BytePath): void => {
    const at = systemPath(root, path);
    const stats = lstatSync(at, { bigint: true, throwIfNoEntry: false });
    if (stats === undefined) return;
    const type: EntryType | undefined = stats.isDirectory()
      ? 'folder'
      : stats.isFile()
        ? 'file'
        : stats.isSymbolicLink()
          ? 'link'
          : undefined;
    // What is none of these was not put there by a mirror, and is no content.
    if (type === undefined) return;
    found.push({
      path,
      type,
      size: type === 'file' ? Number(stats.size) : 0,
      mode: Number(stats.mode) & 0o7777,
      mtimeNs: stats.mtimeNs,
      target: type === 'link' ? fromBytes(readlinkSync(at, 'buffer')) : undefined,
    });
    if (type !== 'folder') return;
    for (const name of namesIn(at)) {
      const inside = join(path, name);
      if (inside !== DATA_FOLDER) look(inside);
    }
  };
  look('' as BytePath);
  return found;
}

/** Removes what was written and never got its name: a mirror that was killed leaves it. */
export function clearParts(root: string): void {
  const folder = systemPath(root, PARTS);
  let names: readonly Buffer[];
  try {
    names = readdirSync(folder, { encoding: 'buffer' });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  for (const name of names) rmSync(systemPath(root, join(PARTS, fromBytes(name))), { force: true });
}
