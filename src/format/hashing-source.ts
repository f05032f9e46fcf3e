import { createHash } from 'node:crypto';
import type { ArchiveSource } from './found-member.ts';

const READ_BYTES = 4 * 1024 * 1024;

/**
 * Computes the SHA-256 of a file from what is read of it anyway, as far as that comes in order; only the rest is
 * read for it.
 */
export class HashingSource implements ArchiveSource {
  readonly sizeBytes: number;
  readonly #source: ArchiveSource;
  readonly #hash = createHash('sha256');
  #done = 0;

  constructor(source: ArchiveSource) {
    this.#source = source;
    this.sizeBytes = source.sizeBytes;
  }

  async read(offset: number, length: number, into?: Buffer): Promise<Buffer> {
    const bytes = await this.#source.read(offset, length, into);
    const known = this.#done - offset;
    if (known >= 0 && known < bytes.length) {
      this.#hash.update(bytes.subarray(known));
      this.#done += bytes.length - known;
    }
    return bytes;
  }

  /** The SHA-256 of the whole file, as hexadecimal digits. */
  async finish(): Promise<string> {
    const memory = Buffer.allocUnsafe(Math.min(READ_BYTES, this.sizeBytes - this.#done));
    while (this.#done < this.sizeBytes) {
      const length = Math.min(READ_BYTES, this.sizeBytes - this.#done);
      await this.read(this.#done, length, memory.subarray(0, length));
    }
    return this.#hash.digest('hex');
  }
}
