// Making links, on Windows too. Synchronous: it runs in workers.
import { statSync, symlinkSync } from 'node:fs';
import { win32 } from 'node:path';
import { systemCode } from '../base/errors.ts';
import { type BytePath, toBytes, toText } from '../tree/path.ts';

/** The system calls that it needs; for tests. */
interface LinkCalls {
  readonly platform: NodeJS.Platform;
  readonly symlink: typeof symlinkSync;
  readonly isFolder: (path: string) => boolean;
}

const SYSTEM: LinkCalls = {
  platform: process.platform,
  symlink: symlinkSync,
  isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true,
};

/**
 * Makes a link at `at` that says `says`. On Windows that takes a privilege, or its developer mode; without, a link to a folder
 * becomes a junction, which anybody may make: it leads to the same place, and says its whole path.
 *
 * @param folder - Where the link is to lie in the end.
 */
export function makeSymlink(
  says: BytePath,
  at: string | Buffer,
  folder: string,
  { platform, symlink, isFolder }: LinkCalls = SYSTEM,
): void {
  const text = toText(says);
  if (platform !== 'win32' || text === undefined) {
    symlink(toBytes(says), at);
    return;
  }
  const leadsTo = win32.resolve(folder, text);
  const toFolder = isFolder(leadsTo);
  try {
    symlink(text, at, toFolder ? 'dir' : 'file');
  } catch (error) {
    if (systemCode(error) !== 'EPERM' || !toFolder) throw error;
    symlink(leadsTo, at, 'junction');
  }
}
