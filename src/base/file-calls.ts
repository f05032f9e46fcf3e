// Every call by which the store and the pack engine touch files goes through this one object, so that a test
// can count them, and let the n-th one fail, be lost in a power cut, or be the last.
import * as sync from 'node:fs';
import * as promises from 'node:fs/promises';
import { patiently, patientlySync } from './patience.ts';

/** Node's own functions. What `open` gives has calls of its own, which count as well. */
export type FileCalls = Readonly<
  // The store, and files too large for one piece.
  Pick<
    typeof promises,
    'link' | 'lstat' | 'mkdir' | 'open' | 'readdir' | 'rename' | 'rmdir' | 'statfs' | 'unlink'
  > &
    // The threads that read a source.
    Pick<typeof sync, 'closeSync' | 'fstatSync' | 'openSync' | 'readSync'> &
    // The threads that restore.
    Pick<typeof sync, 'renameSync' | 'rmdirSync' | 'unlinkSync'>
>;

const WRITABLE = 0o666;

function isReadOnly(file: sync.PathLike): boolean {
  const stats = sync.lstatSync(file, { throwIfNoEntry: false });
  return stats?.isFile() === true && (stats.mode & 0o200) === 0;
}

/**
 * `calls`, but that those by which files are made, replaced and removed wait for others to let go of them, see
 * patience.ts, and that files which are read-only are replaced as on other systems. Those that read a source do not: what is in use there is named, and costs no time.
 */
export function patient(calls: FileCalls, platform: NodeJS.Platform = process.platform): FileCalls {
  if (platform !== 'win32') return calls;
  const waiting =
    <A extends readonly unknown[], T>(call: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> =>
      await patiently(async () => await call(...args), platform);
  const waitingSync =
    <A extends readonly unknown[]>(call: (...args: A) => void) =>
    (...args: A): void =>
      patientlySync(() => call(...args), platform);
  // POSIX replaces files that are read-only as any others.
  const rename: FileCalls['rename'] = async (from, to) => {
    await patiently(async () => {
      try {
        await calls.rename(from, to);
      } catch (error) {
        if (isReadOnly(to)) await promises.chmod(to, WRITABLE);
        throw error;
      }
    }, platform);
  };
  const renameSync: FileCalls['renameSync'] = (from, to) => {
    patientlySync(() => {
      try {
        calls.renameSync(from, to);
      } catch (error) {
        if (isReadOnly(to)) sync.chmodSync(to, WRITABLE);
        throw error;
      }
    }, platform);
  };
  return {
    ...calls,
    link: waiting(calls.link),
    lstat: waiting(calls.lstat) as typeof calls.lstat,
    mkdir: waiting(calls.mkdir) as typeof calls.mkdir,
    open: waiting(calls.open),
    rename,
    rmdir: waiting(calls.rmdir),
    unlink: waiting(calls.unlink),
    renameSync,
    rmdirSync: waitingSync(calls.rmdirSync),
    unlinkSync: waitingSync(calls.unlinkSync),
  };
}

/** What {@link interpose} left in place; at first, the system's calls. */
export let files: FileCalls = patient({ ...sync, ...promises });

/** Puts `wrap` between this program and its calls, in this thread; for tests. */
export function interpose(wrap: (calls: FileCalls) => FileCalls): void {
  files = wrap(files);
}
