// What lies in a mirror, whatever rules the files in it have. Synchronous: it runs in a thread of its own.
import { chmodSync, constants, lstatSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { systemCode } from '../base/errors.ts';
import type { EntryType } from '../tree/entry.ts';
import { namesIn } from '../tree/names-in.ts';
import { type BytePath, fromBytes, join, systemPath } from '../tree/path.ts';
import { DATA_FOLDER, type There } from './held.ts';
import { isAllowed } from './is-allowed.ts';
import { PARTS } from './placing.ts';

/**
 * All that there is, in path order, but for the mirror's own folder.
 *
 * @param opens - Folders that are closed to their owner are opened; they get their modes again when all is done.
 */
export function listMirror(root: string, opens: boolean): readonly There[] {
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
    // What its owner closed in the source is closed here as well, until it was looked into.
    const isClosed =
      type === 'folder' &&
      (Number(stats.mode) & 0o500) !== 0o500 &&
      !isAllowed(at, constants.R_OK | constants.X_OK);
    const mode = Number(stats.mode) & 0o7777;
    if (isClosed && opens) chmodSync(at, mode | 0o700);
    found.push({
      path,
      type,
      size: type === 'file' ? Number(stats.size) : 0,
      mode: isClosed && opens ? mode | 0o700 : mode,
      mtimeNs: stats.mtimeNs,
      target: type === 'link' ? fromBytes(readlinkSync(at, 'buffer')) : undefined,
    });
    if (type !== 'folder') return;
    for (const name of namesOf(at)) {
      const inside = join(path, name);
      if (inside !== DATA_FOLDER) look(inside);
    }
  };
  look('' as BytePath);
  return found;
}

/** Nothing of a folder that stays closed. */
function namesOf(folder: string | Buffer): readonly BytePath[] {
  try {
    return namesIn(folder);
  } catch (error) {
    if (systemCode(error) !== 'EACCES' && systemCode(error) !== 'EPERM') throw error;
    return [];
  }
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
