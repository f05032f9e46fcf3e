import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The user that has no rights of its own, on every Linux. */
const NOBODY = 65_534;

/**
 * Makes this process an ordinary user's for as long as `work` goes on, so that there is something that it cannot
 * read.
 *
 * @param work - Told whether that is so: only root can become one, and again be root to look at what came of it, and
 * it stays root where others cannot read this program.
 */
export async function asOrdinary<T>(work: (isOrdinary: boolean) => Promise<T>): Promise<T> {
  if (process.platform === 'win32' || process.geteuid?.() !== 0) return await work(false);
  process.seteuid?.(NOBODY);
  try {
    // access() would ask for the one who started this process.
    closeSync(openSync(fileURLToPath(import.meta.url), 'r'));
  } catch {
    process.seteuid?.(0);
    return await work(false);
  }
  try {
    return await work(true);
  } finally {
    process.seteuid?.(0);
  }
}

/** Does `work` as the user who started this process: a shell is never anybody else's. */
export function asStarter<T>(work: () => T): T {
  const user = process.geteuid?.();
  const starter = process.getuid?.();
  if (user === undefined || starter === undefined || user === starter) {
    return work();
  }
  process.seteuid?.(starter);
  try {
    return work();
  } finally {
    process.seteuid?.(user);
  }
}
