// Small objects as they lie far away, kept on this machine by names that only one content has.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A larger one is no small object: the index of half a million files. */
export const MOST_CACHED_BYTES: number = 32 * 1024 * 1024;
const MOST_BYTES = 128 * 1024 * 1024;
const SUM_BYTES = 32;

/** Files of a SHA-256 and the content that has it. Whatever goes wrong with it, it is as if nothing were kept. */
export class SmallCache {
  readonly #folder: string;
  #hasGrown = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param name - See {@link cacheName}. @returns What has this name; undefined when it is not here, or rotted. */
  async get(name: string): Promise<Buffer | undefined> {
    const file = join(this.#folder, name);
    try {
      const whole = await readFile(file);
      const bytes = whole.subarray(SUM_BYTES);
      if (!sumOf(bytes).equals(whole.subarray(0, SUM_BYTES))) return undefined;
      const now = new Date();
      await utimes(file, now, now);
      return bytes;
    } catch {
      return undefined;
    }
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0 || bytes.length > MOST_CACHED_BYTES) return;
    const file = join(this.#folder, name);
    const aside = `${file}.${randomBytes(4).toString('hex')}`;
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await writeFile(aside, Buffer.concat([sumOf(bytes), bytes]), { mode: 0o600, flag: 'wx' });
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

/** Archives are large, and locks are about this moment. */
export function mayBeKept(key: string): boolean {
  return !/(?:^|\/)\.[^/]*$|\.(?:tar\.zst|zip|tar\.zst\.age|zip\.age)$/.test(key);
}

/** The name of what `facts` say of an object, which are others when it becomes another one. */
export function cacheName(...facts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

function sumOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
