// What has arrived of a file: it may go on in another process.
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, unlink } from 'node:fs/promises';
import { systemCode } from '../../base/errors.ts';
import type { Blake3, Hasher } from '../../hash/blake3.ts';

const PIECE_BYTES = 1 << 20;

export class PartFile {
  readonly #handle: FileHandle;
  readonly #hasher: Hasher;
  #size = 0;

  private constructor(handle: FileHandle, hasher: Hasher) {
    this.#handle = handle;
    this.#hasher = hasher;
  }

  /** Opens it, and hashes what it has; makes it when it is missing. What the system throws comes out as it is. */
  static async open(file: string, blake3: Blake3, signal: AbortSignal): Promise<PartFile> {
    await letGoLinked(file);
    const flags = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
    const handle = await open(file, flags, 0o644);
    try {
      const hasher = await blake3.create();
      hasher.reset();
      const part = new PartFile(handle, hasher);
      await part.#readAll(signal);
      return part;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Bytes. */
  get size(): number {
    return this.#size;
  }

  async add(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const { bytesWritten } = await this.#handle.write(bytes, at, bytes.length - at, this.#size + at);
      at += bytesWritten;
    }
    this.#hasher.update(bytes);
    this.#size += bytes.length;
  }

  /** Drops what it has. */
  async empty(): Promise<void> {
    if (this.#size === 0) return;
    await this.#handle.truncate(0);
    this.#hasher.reset();
    this.#size = 0;
  }

  /** The BLAKE3 of what it has, in hexadecimal digits. It takes no more. */
  digest(): string {
    return Buffer.from(this.#hasher.digest()).toString('hex');
  }

  /** Sets its time, in milliseconds since 1970, and flushes it. */
  async flush(modifiedMs: number): Promise<void> {
    await this.#handle.utimes(Date.now() / 1000, modifiedMs / 1000);
    await this.#handle.sync();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #readAll(signal: AbortSignal): Promise<void> {
    const { size } = await this.#handle.stat();
    const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, size + 1));
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await this.#handle.read(piece, 0, piece.length, this.#size);
      if (bytesRead === 0) return;
      this.#hasher.update(piece.subarray(0, bytesRead));
      this.#size += bytesRead;
    }
  }
}

/** One that has got its name already when this was killed is a file of the library: nothing may be written to it. */
async function letGoLinked(file: string): Promise<void> {
  try {
    if ((await lstat(file)).nlink > 1) await unlink(file);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}
