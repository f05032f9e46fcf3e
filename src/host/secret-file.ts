import { open } from 'node:fs/promises';
import { reasonOf, SnapshotError } from '../base/errors.ts';

/** Read and write for the group and for others. */
const OTHERS = 0o077;

/**
 * Reads a secret: what is in `file`, without the space around it.
 *
 * @param what - It is, in words for people: "mail server".
 * @throws {@link SnapshotError} `E_USAGE` when the file cannot be read, or when others may read it too.
 * Windows has no mode to look at.
 */
export async function readSecret(
  file: string,
  what: string,
  platform: NodeJS.Platform = process.platform,
): Promise<string> {
  try {
    const handle = await open(file);
    try {
      const { mode } = await handle.stat();
      if (platform !== 'win32' && (mode & OTHERS) !== 0) throw tooOpen(file, what);
      return (await handle.readFile('utf8')).trim();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof SnapshotError) throw cause;
    throw new SnapshotError('E_USAGE', `Cannot read the ${what} in "${file}": ${reasonOf(cause)}`, { cause });
  }
}

function tooOpen(file: string, what: string): SnapshotError {
  return new SnapshotError('E_USAGE', `Cannot use the ${what} in "${file}": others may read it`, {
    hint: `Run \`chmod 600 "${file}"\`.`,
  });
}
