// Gives a whole part its name in the library. What has the name already stays.
import { link, lstat, mkdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../base/errors.ts';
import { NO_LINKS } from '../../base/hard-links.ts';
import { flushFolder } from '../../store/attempt.ts';
import { Refusal } from '../refusal.ts';
import { type BytePath, parentOf, toBytes } from '../../tree/path.ts';

/** The path of a file call; names that clients give are text. */
export function placeOf(root: string, path: BytePath): string {
  return join(root, toBytes(path).toString('utf8'));
}

/**
 * Moves `part` to `path` below `root`, and makes the folders on the way. Resolves when the name is on the disk.
 *
 * @returns Whether it has the name now; false when something else has.
 * @throws {@link Refusal} 409 when one of the folders is a file or a link; what the system throws.
 */
export async function place(root: string, path: BytePath, part: string): Promise<boolean> {
  await makeFolders(root, parentOf(path));
  const to = placeOf(root, path);
  try {
    await link(part, to);
  } catch (error) {
    const code = systemCode(error) ?? '';
    if (code === 'EEXIST') return false;
    if (code === 'ENAMETOOLONG') throw new Refusal(403, 'The name is too long for the file system here');
    if (code === 'EILSEQ') throw new Refusal(403, 'The file system here has no such name');
    if (!NO_LINKS.has(code)) throw error;
    if (await isThere(to)) return false;
    await rename(part, to);
  }
  await flushFolder(join(to, '..'));
  return true;
}

/** Removes the first name of a part that has its own. */
export async function letGo(part: string): Promise<void> {
  await unlink(part).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
  });
}

/** Whether anything has the name, be it a link to nowhere. */
export async function isThere(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

async function makeFolders(root: string, folder: BytePath): Promise<void> {
  if (folder === '') return;
  const at = placeOf(root, folder);
  const stats = await lstat(at).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    if (systemCode(error) === 'ENOTDIR') throw noFolder();
    throw error;
  });
  if (stats?.isDirectory() === true) {
    // Those above it may be reached through a link.
    await makeFolders(root, parentOf(folder));
    return;
  }
  if (stats !== undefined) throw noFolder();
  await makeFolders(root, parentOf(folder));
  await mkdir(at).catch((error: unknown) => {
    // Of two uploads into a new folder, one finds it there.
    if (systemCode(error) !== 'EEXIST') throw error;
  });
  if (!(await lstat(at)).isDirectory()) throw noFolder();
  await flushFolder(join(at, '..'));
}

function noFolder(): Refusal {
  return new Refusal(409, 'One of the folders in that name is a file or a link here', { status: 'taken' });
}
