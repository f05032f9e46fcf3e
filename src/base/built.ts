// Files that the build makes and that are no modules: the pages, in `dist/web`. An executable has them in itself.
import { readFile } from 'node:fs/promises';
import { getRawAsset, isSea } from 'node:sea';
import { systemCode } from './errors.ts';

/** `dist/`: of sources that run as they are, of what was compiled (`dist/base`), and of what was bundled (`dist/bin`). */
const BUILT = new URL(import.meta.url.endsWith('.ts') ? '../../dist/' : '../', import.meta.url);

/**
 * @param path - From `dist/` on; of this program, not of a client.
 * @returns undefined when there is none.
 */
export async function readBuilt(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return isSea()
      ? new Uint8Array(getRawAsset(path) as ArrayBuffer)
      : new Uint8Array(await readFile(new URL(path, BUILT)));
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ERR_SINGLE_EXECUTABLE_APPLICATION_ASSET_NOT_FOUND') return undefined;
    throw error;
  }
}
