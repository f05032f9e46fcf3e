// File calls whose failures say what could not be done, to what, and why.
import type { FileHandle } from 'node:fs/promises';
import { SnapshotError, systemCode } from '../base/errors.ts';
import { files } from '../base/file-calls.ts';
import { storeError } from './store-error.ts';

/** What file systems say that cannot flush folders, as some of file servers and FUSE: there is nothing more to do. */
const NO_FLUSH: ReadonlySet<string> = new Set(['EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']);

/** Makes names in `folder` survive a power cut, where the file system can: they are data of the folder. */
export async function flushFolder(folder: string): Promise<void> {
  // Windows has no such call, and NTFS keeps names in its own journal.
  if (process.platform === 'win32') return;
  await attempt('flush', folder, async () => {
    const handle = await files.open(folder, 'r');
    await closing(handle, folder, async () => {
      try {
        await handle.sync();
      } catch (error) {
        if (!NO_FLUSH.has(systemCode(error) ?? '')) throw error;
      }
    });
  });
}

/** Does `work`, and closes the file; what went wrong first is what gets reported. */
export async function closing<T>(file: FileHandle, path: string, work: () => Promise<T>): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await file.close().catch(() => {});
    throw error;
  }
  await attempt('close', path, () => file.close());
  return result;
}

/** Runs a file call; what it throws becomes a SnapshotError, or `missing` when there is no such file. */
export async function attempt<T, M = never>(
  action: string,
  path: string,
  call: () => Promise<T>,
  ...missing: [] | [M]
): Promise<T | M> {
  try {
    return await call();
  } catch (error) {
    if (missing.length === 1 && systemCode(error) === 'ENOENT') return missing[0];
    // One call within another: what it says is true already, as that there is no room.
    if (error instanceof SnapshotError) throw error;
    throw storeError(action, path, error);
  }
}
