import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from './errors.ts';
import { files } from './file-calls.ts';

/**
 * Makes `folder`, and those above it that are missing. Node's own `mkdir` does so with `recursive`, but tries for ever where nothing can be
 * made in a folder that is there, and the system says that it is not: in /proc, or below autofs while a server is away.
 *
 * @returns The topmost that was made; undefined when all were there.
 */
export async function ensureFolder(folder: string, mode: number): Promise<string | undefined> {
  try {
    return await makeOne(folder, mode);
  } catch (error) {
    const parent = dirname(folder);
    if (systemCode(error) !== 'ENOENT' || parent === folder) throw error;
    const first = await ensureFolder(parent, mode);
    // Of two that make it at once, one finds it there.
    const own = await makeOne(folder, mode);
    return first ?? own;
  }
}

async function makeOne(folder: string, mode: number): Promise<string | undefined> {
  try {
    await files.mkdir(folder, { mode });
    return folder;
  } catch (error) {
    // Systems differ in what they say of a folder that is there: of a drive, of a disk that is read-only.
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory() === true) return undefined;
    throw error;
  }
}
