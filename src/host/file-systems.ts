// Which folders are there, and which of them could be unplugged.
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from '../base/errors.ts';

/** What a system says of a path whose disk, drive letter or file server is not connected. */
const NOT_THERE: ReadonlySet<string> = new Set(['ENOENT', 'ENODEV', 'ENXIO', 'ENOTCONN']);

/**
 * Windows has numbers for it that Node has no name for: 21 (the drive is not ready), 53 and 67 (no such computer or
 * share). Source: `winerror.h`, and `uv_translate_sys_error` of libuv.
 */
const NAMELESS = 'UNKNOWN';

/**
 * Whether there is anything at `path`. What cannot be looked at counts as there: who uses it learns why.
 *
 * @param look - For tests.
 */
export async function isThere(
  path: string,
  platform: NodeJS.Platform = process.platform,
  look: (path: string) => Promise<unknown> = stat,
): Promise<boolean> {
  try {
    await look(path);
    return true;
  } catch (error) {
    const code = systemCode(error) ?? '';
    return !NOT_THERE.has(code) && !(platform === 'win32' && code === NAMELESS);
  }
}

/**
 * Whether `folder` is on a file system that none of `others` is on: it has a device number of its own (on Windows:
 * another volume), so it is a disk that can be unplugged, or a file server that may be away.
 *
 * @param others - Folders that are always there; those that do not exist yet count as their nearest parent.
 */
export async function isApart(folder: string, others: readonly string[]): Promise<boolean> {
  const [own, ...fixed] = await Promise.all([folder, ...others].map(deviceOf));
  return own !== undefined && !fixed.includes(own);
}

async function deviceOf(path: string): Promise<bigint | undefined> {
  for (let at = path; ; at = dirname(at)) {
    try {
      return (await stat(at, { bigint: true })).dev;
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' || dirname(at) === at) return undefined;
    }
  }
}
