import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { files } from '../../base/file-calls.ts';
import { attempt, flushFolder } from '../attempt.ts';
import type { StoreWriter } from '../store.ts';

/**
 * After so many bytes, writing to the disk itself is begun, so that it goes on beside the compression and
 * the flush at the end has little left to do.
 */
const WRITEBACK_BYTES = 64 * 1024 * 1024;

/** A file on its way: written as `part`, then renamed. */
export class LocalWriter implements StoreWriter {
  readonly #file: FileHandle;
  readonly #part: string;
  readonly #path: string;
  #length = 0;
  #sinceFlush = 0;
  #writeback: Promise<unknown> = Promise.resolve();

  constructor(file: FileHandle, part: string, path: string) {
    this.#file = file;
    this.#part = part;
    this.#path = path;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await attempt('write', this.#path, () =>
        this.#file.write(bytes, done, bytes.length - done, this.#length),
      );
      done += bytesWritten;
      this.#length += bytesWritten;
    }
    this.#sinceFlush += bytes.length;
    if (this.#sinceFlush < WRITEBACK_BYTES) return;
    this.#sinceFlush = 0;
    const flushed = this.#writeback.then(async () => await this.#file.datasync());
    // Whether it worked is asked in commit(); until then a failure is not unhandled.
    flushed.catch(() => {});
    this.#writeback = flushed;
  }

  async rewind(bytes: number): Promise<void> {
    await attempt('write', this.#path, () => this.#file.truncate(bytes));
    this.#length = bytes;
  }

  async commit(): Promise<void> {
    await attempt('write', this.#path, async () => {
      await this.#writeback;
      await this.#file.sync();
      await this.#file.close();
      await files.rename(this.#part, this.#path);
      await flushFolder(dirname(this.#path));
    });
  }

  async discard(): Promise<void> {
    // Whatever made the caller give up is what gets reported; a part that stays is removed by the next run.
    await this.#writeback.catch(() => {});
    await this.#file.close().catch(() => {});
    await files.unlink(this.#part).catch(() => {});
  }
}
