// Every call by which the store and the pack engine touch files goes through this one object, so that a test
// can count them, and let the n-th one fail, be lost in a power cut, or be the last.
import * as sync from 'node:fs';
import * as promises from 'node:fs/promises';

/** Node's own functions. What `open` gives has calls of its own, which count as well. */
export type FileCalls = Readonly<
  // The store, and files too large for one piece.
  Pick<
    typeof promises,
    'link' | 'lstat' | 'mkdir' | 'open' | 'readdir' | 'rename' | 'rmdir' | 'statfs' | 'unlink'
  > &
    // The threads that read a source.
    Pick<typeof sync, 'closeSync' | 'fstatSync' | 'openSync' | 'readSync'>
>;

/** What {@link interpose} left in place; at first, the system's calls. */
export let files: FileCalls = { ...sync, ...promises };

/** Puts `wrap` between this program and its calls, in this thread; for tests. */
export function interpose(wrap: (calls: FileCalls) => FileCalls): void {
  files = wrap(files);
}
