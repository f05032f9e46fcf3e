// One file of a snapshot, under the name that somebody gives it.
import { chmod, link, lstat, mkdtemp, rename } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { printable, reasonOf, SnapshotError, systemCode } from '../../base/errors.ts';
import { removeTree } from '../../host/remove-tree.ts';
import type { RestoreEnd } from '../../jobs/restore/restore-events.ts';
import { type BytePath, display, fromText, parentOf, systemPath } from '../../tree/path.ts';
import { globFor } from '../../tree/globs.ts';

export interface FileRestore {
  /** Which file, as `snapshot files` shows it. */
  readonly path: string;
  /** Where it is to be. */
  readonly file: string;
  readonly mayReplace: boolean;
}

/**
 * Restores a file to a folder of its own beside the place where it is to be, and then names it: it appears whole there, with its
 * mode and time, or not at all.
 *
 * @param restore - Restores what a glob matches into a folder.
 * @throws {@link SnapshotError} `E_USAGE` when something is there, or what is restored is no file.
 */
export async function restoreFile(
  { path, file, mayReplace }: FileRestore,
  restore: (glob: string, folder: string) => Promise<RestoreEnd>,
): Promise<RestoreEnd> {
  const place = resolve(file);
  if (!mayReplace && (await isThere(place))) throw exists(place);
  const wanted = fromText(path.replace(/^(?:\.?\/+)+/, '').replace(/\/+$/, ''));
  const folder = await folderBeside(place);
  try {
    const end = await restore(globFor(wanted), folder);
    await openFolders(folder, parentOf(wanted));
    await nameIt(systemPath(folder, wanted), place, mayReplace, wanted);
    return { ...end, target: place, folders: 0 };
  } finally {
    await removeTree(folder);
  }
}

async function folderBeside(place: string): Promise<string> {
  try {
    return await mkdtemp(join(dirname(place), `.${basename(place)}-restore-`));
  } catch (cause) {
    throw new SnapshotError('E_USAGE', `Cannot write to "${printable(place)}": ${reasonOf(cause)}`, {
      cause,
      hint: `Is "${printable(dirname(place))}" the folder that you mean? It is not made.`,
    });
  }
}

/** Opens a folder and those above it: out of one that is read-only nothing can be moved. */
async function openFolders(root: string, path: BytePath): Promise<void> {
  if (path === '') return;
  await openFolders(root, parentOf(path));
  await chmod(systemPath(root, path), 0o700).catch(() => {});
}

async function nameIt(
  from: string | Buffer,
  place: string,
  mayReplace: boolean,
  wanted: BytePath,
): Promise<void> {
  const is = await lstat(from).catch(() => undefined);
  // What could not be had is named among the problems.
  if (is === undefined) return;
  if (!is.isFile()) {
    throw new SnapshotError('E_USAGE', `"${display(wanted)}" is no file`, {
      hint: 'Name one file with --to-file; --to takes folders.',
    });
  }
  try {
    if (mayReplace) await rename(from, place);
    // A name that has come meanwhile stays.
    else await link(from, place).catch(async (error: unknown) => await renameUnlinked(error, from, place));
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') throw exists(place);
    throw new SnapshotError('E_USAGE', `Cannot write "${printable(place)}": ${reasonOf(cause)}`, { cause });
  }
}

/** Where there are no hard links, the look at what is there has to do. */
async function renameUnlinked(error: unknown, from: string | Buffer, place: string): Promise<void> {
  if (systemCode(error) === 'EEXIST' || (await isThere(place))) throw exists(place);
  await rename(from, place);
}

async function isThere(place: string): Promise<boolean> {
  return await lstat(place).then(
    () => true,
    () => false,
  );
}

function exists(place: string): SnapshotError {
  return new SnapshotError('E_USAGE', `"${printable(place)}" exists already`, {
    hint: 'It was left as it is; --overwrite always replaces it.',
  });
}
