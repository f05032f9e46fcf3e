import { statSync } from 'node:fs';
import { reasonOf } from '../../base/errors.ts';
import { isEventless } from './eventless.ts';

/** What is at the top of a watched tree at one moment. */
export type Root =
  | { readonly isThere: true; readonly device: bigint; readonly inode: bigint; readonly isEventless: boolean }
  | { readonly isThere: false; readonly reason: string };

/** Looks at the folder `path`, which may be a link to it. */
export function lookAtRoot(path: string): Root {
  try {
    const stats = statSync(path, { bigint: true });
    if (!stats.isDirectory()) return { isThere: false, reason: 'it is not a folder' };
    return { isThere: true, device: stats.dev, inode: stats.ino, isEventless: isEventless(path) };
  } catch (error) {
    return { isThere: false, reason: `it is not there: ${reasonOf(error)}` };
  }
}

/** What happened to a root, in words; undefined when it is as it was. */
export function changeOfRoot(before: Root, now: Root): string | undefined {
  if (!now.isThere) return before.isThere || before.reason !== now.reason ? now.reason : undefined;
  if (!before.isThere) return 'it is there again';
  if (before.device !== now.device) return 'another file system is there';
  if (before.inode !== now.inode) return 'another folder is there';
  return undefined;
}
