// What lies in a mirror, whatever rules the files in it have. Synchronous: it runs in a thread of its own.
import { chmodSync, constants, lstatSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { systemCode } from '../base/errors.ts';
import { namesIn } from '../tree/names-in.ts';
import { type BytePath, fromBytes, join, systemPath } from '../tree/path.ts';
import { DATA_FOLDER, type There } from './held.ts';
import { isAllowed } from './is-allowed.ts';
import { PARTS } from './placing.ts';

const REFUSED: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'ENOTDIR']);

/** What is at a path; undefined where there is nothing, or what is neither a file, a folder nor a link: no mirror makes such. */
export function thereAt(root: string, path: BytePath): There | undefined {
  const at = systemPath(root, path);
  const stats = lstatSync(at, { bigint: true, throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  const [mode, mtimeNs] = [Number(stats.mode) & 0o7777, stats.mtimeNs];
  const of = { path, mode, mtimeNs, size: 0, target: undefined };
  if (stats.isDirectory()) return { ...of, type: 'folder' };
  if (stats.isFile()) return { ...of, type: 'file', size: Number(stats.size) };
  if (!stats.isSymbolicLink()) return undefined;
  return { ...of, type: 'link', target: fromBytes(readlinkSync(at, 'buffer')) };
}

/**
 * All that there is, in path order, but for the mirror's own folder.
 *
 * @param opens - Folders that are closed to their owner are opened; they get their modes again when all is done.
 */
export function listMirror(root: string, opens: boolean): readonly There[] {
  const found: There[] = [];
  const look = (path: BytePath): void => {
    const there = unlessRefused(() => thereAt(root, path));
    if (there?.type !== 'folder') {
      if (there !== undefined) found.push(there);
      return;
    }
    const at = systemPath(root, path);
    // What its owner closed in the source is closed here as well, until it was looked into.
    const { mode } = there;
    const isClosed = (mode & 0o500) !== 0o500 && !isAllowed(at, constants.R_OK | constants.X_OK);
    const isOpened = isClosed && opens && unlessRefused(() => (chmodSync(at, mode | 0o700), true)) === true;
    found.push({ ...there, mode: isOpened ? mode | 0o700 : mode });
    for (const name of unlessRefused(() => namesIn(at)) ?? []) {
      const inside = join(path, name);
      if (inside !== DATA_FOLDER) look(inside);
    }
  };
  look('' as BytePath);
  return found;
}

/** Nothing of what is closed to this user, as what somebody else has put there, or where a file is in the place of a folder by now. */
export function unlessRefused<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (!REFUSED.has(systemCode(error) ?? '')) throw error;
    return undefined;
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
