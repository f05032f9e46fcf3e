// Where objects wait on this machine until they are whole: only then they go to a store that is far away, so that going back
// in them costs nothing there, and sending them can be repeated.
import { mkdtemp, open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attempt } from './attempt.ts';
import type { SpooledFile } from './objects.ts';

/** So much is kept in memory: the small files of a snapshot mostly fit. */
const MEMORY_BYTES = 1024 * 1024;
const PREFIX = 'snapshot-spool-';

/** A folder of its own for the objects of one store, made when the first large one comes. */
export class Spool {
  #folder: Promise<string> | undefined;
  #count = 0;

  /** Begins an object. */
  create(): SpoolWriter {
    return new SpoolWriter(async () => join(await (this.#folder ??= makeFolder()), String(this.#count++)));
  }

  /** Removes the folder. Never throws. */
  async close(): Promise<void> {
    const folder = await this.#folder?.catch(() => undefined);
    this.#folder = undefined;
    if (folder !== undefined) await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

async function makeFolder(): Promise<string> {
  await clearDead();
  // Only this user may read what is in it.
  return await attempt(
    'make a folder in',
    tmpdir(),
    async () => await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`)),
  );
}

/** Folders of processes that were killed. */
async function clearDead(): Promise<void> {
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    const pid = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : Number.NaN;
    if (!(pid > 0) || isAlive(pid)) continue;
    // Another user's, or gone since.
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {});
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** One object on its way: in memory while it is small, then in a file. */
export class SpoolWriter {
  readonly #newPath: () => Promise<string>;
  #parts: Uint8Array[] = [];
  #length = 0;
  #file: { readonly handle: FileHandle; readonly path: string } | undefined;

  constructor(newPath: () => Promise<string>) {
    this.#newPath = newPath;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#file === undefined) {
      // The caller may use the memory again.
      this.#parts.push(Uint8Array.from(bytes));
      this.#length += bytes.length;
      if (this.#length > MEMORY_BYTES) await this.#spill();
      return;
    }
    await this.#append(this.#file, bytes);
  }

  async rewind(length: number): Promise<void> {
    if (this.#file === undefined) this.#parts = [Buffer.concat(this.#parts).subarray(0, length)];
    else {
      const { handle, path } = this.#file;
      await attempt('write', path, () => handle.truncate(length));
    }
    this.#length = length;
  }

  /** All of it; small ones as bytes. */
  content(): Uint8Array | SpooledFile {
    if (this.#file === undefined) return Buffer.concat(this.#parts);
    const { handle, path } = this.#file;
    return {
      sizeBytes: this.#length,
      read: async (offset, length) => {
        const bytes = Buffer.allocUnsafe(Math.min(length, this.#length - offset));
        let done = 0;
        while (done < bytes.length) {
          const { bytesRead } = await attempt('read', path, () =>
            handle.read(bytes, done, bytes.length - done, offset + done),
          );
          if (bytesRead === 0) break;
          done += bytesRead;
        }
        return bytes.subarray(0, done);
      },
    };
  }

  /** Forgets it. Never throws. */
  async remove(): Promise<void> {
    this.#parts = [];
    const file = this.#file;
    this.#file = undefined;
    await file?.handle.close().catch(() => {});
    if (file !== undefined) await rm(file.path, { force: true }).catch(() => {});
  }

  async #spill(): Promise<void> {
    const path = await this.#newPath();
    const handle = await attempt('write in', path, async () => await open(path, 'wx+', 0o600));
    const bytes = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#length = 0;
    this.#file = { handle, path };
    await this.#append(this.#file, bytes);
  }

  async #append({ handle, path }: { handle: FileHandle; path: string }, bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await attempt('write', path, () =>
        handle.write(bytes, done, bytes.length - done, this.#length),
      );
      done += bytesWritten;
      this.#length += bytesWritten;
    }
  }
}
