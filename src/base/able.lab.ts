// What the system that tests run on can do, found out by trying: a test skips only what cannot be done.
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether `attempt` does what it is to do in a new folder. */
function isAble(attempt: (folder: string) => boolean): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-able-'));
  try {
    return attempt(folder);
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Windows takes a privilege for them; Wine says that it made them, and has not. */
export const HAS_LINKS: boolean = isAble((folder) => {
  symlinkSync('.', join(folder, 'link'));
  return lstatSync(join(folder, 'link')).isSymbolicLink();
});

/** Links to folders, which are junctions on Windows. */
export const HAS_FOLDER_LINKS: boolean = isAble((folder) => {
  symlinkSync(folder, join(folder, 'link'), 'junction');
  return lstatSync(join(folder, 'link')).isSymbolicLink();
});

/** Windows knows of files whether they are read-only, and nothing else. */
export const HAS_MODES: boolean = isAble((folder) => {
  chmodSync(folder, 0o750);
  return (statSync(folder).mode & 0o7777) === 0o750;
});

/** The mode that a file has here which was given `mode`. */
export function keptMode(mode: number): number {
  if (HAS_MODES) return mode;
  return (mode & 0o200) === 0 ? 0o444 : 0o666;
}

/** Whether files may have such names. */
export function hasName(name: string): boolean {
  return isAble((folder) => {
    mkdirSync(join(folder, name));
    return true;
  });
}

/** Whether `a` and `A` are two. */
export const KNOWS_CASE: boolean = isAble((folder) => {
  mkdirSync(join(folder, 'a'));
  mkdirSync(join(folder, 'A'));
  return true;
});

/** Whether root runs this, and a thread or a module of this clone can be loaded by an ordinary user, too. */
export const HAS_OTHER_USERS: boolean =
  process.geteuid?.() === 0 &&
  isAble(() => {
    process.seteuid?.(65_534);
    try {
      return statSync(import.meta.filename).isFile();
    } finally {
      process.seteuid?.(0);
    }
  });
