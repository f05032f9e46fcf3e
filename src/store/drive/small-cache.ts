// Small objects as they lie far away, kept on this machine by their SHA-256.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A larger one is no small object. */
export const MOST_CACHED_BYTES: number = 8 * 1024 * 1024;
const MOST_BYTES = 64 * 1024 * 1024;

/** Whatever goes wrong with it, it is as if nothing were kept. */
export class SmallCache {
  readonly #folder: string;
  #hasGrown = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param sha256 - Hex. @returns What has this sum; undefined when it is not here. */
  async get(sha256: string): Promise<Buffer | undefined> {
    if (!/^[0-9a-f]{64}$/.test(sha256)) return undefined;
    const file = join(this.#folder, sha256);
    try {
      const bytes = await readFile(file);
      if (sha256Of(bytes) !== sha256) return undefined;
      const now = new Date();
      await utimes(file, now, now);
      return bytes;
    } catch {
      return undefined;
    }
  }

  async put(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0 || bytes.length > MOST_CACHED_BYTES) return;
    const file = join(this.#folder, sha256Of(bytes));
    const aside = `${file}.${randomBytes(4).toString('hex')}`;
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await writeFile(aside, bytes, { mode: 0o600, flag: 'wx' });
      await rename(aside, file);
      this.#hasGrown = true;
    } catch {
      await rm(aside, { force: true }).catch(() => {});
    }
  }

  /** Lets go what was not used for longest, where there is too much. Never throws. */
  async trim(mostBytes: number = MOST_BYTES): Promise<void> {
    if (!this.#hasGrown) return;
    this.#hasGrown = false;
    const names = await readdir(this.#folder).catch(() => []);
    const files = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#folder, name);
        const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: 0 }));
        return { path, size, mtimeMs };
      }),
    );
    let bytes = 0;
    for (const { path, size } of files.toSorted((a, b) => b.mtimeMs - a.mtimeMs)) {
      bytes += size;
      if (bytes > mostBytes) await rm(path, { force: true }).catch(() => {});
    }
  }
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
