import type { Entry } from './entry.ts';
import type { BytePath } from './path.ts';

/** A file as a scan finds it: what a test is about replaces some of this. */
export const FILE_ENTRY: Entry = {
  path: 'file' as BytePath,
  type: 'file',
  size: 5,
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtimeNs: 1n,
  ctimeNs: 2n,
  inode: 3n,
  target: undefined,
  hardlink: undefined,
};
