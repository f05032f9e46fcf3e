import type { ByteRange, Objects, SpooledFile } from '../objects.ts';
import type { StoreItem } from '../store.ts';
import { LocalStore } from './local-store.ts';

/** Read from the spool and written at once. */
const COPY_BYTES = 4 * 1024 * 1024;

/** A folder of this machine as a place that takes whole objects only: for what comes between it and a store, as encryption does. */
export class FolderObjects implements Objects {
  readonly #store: LocalStore;

  /** @param folder - Absolute. */
  constructor(folder: string) {
    this.#store = new LocalStore(folder);
  }

  get label(): string {
    return this.#store.label;
  }

  async list(folder: string): Promise<readonly StoreItem[]> {
    return await this.#store.list(folder);
  }

  async get(key: string, range?: ByteRange): Promise<Buffer | undefined> {
    if (range === undefined) return await this.#store.read(key);
    return await this.#store.readUpTo(key, range.offset, range.length);
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.#store.put(key, bytes);
  }

  async putFile(key: string, file: SpooledFile, signal?: AbortSignal): Promise<void> {
    const writer = await this.#store.create(key);
    try {
      for (let done = 0; done < file.sizeBytes; done += COPY_BYTES) {
        signal?.throwIfAborted();
        await writer.write(await file.read(done, COPY_BYTES));
      }
      await writer.commit();
    } catch (error) {
      await writer.discard();
      throw error;
    }
  }

  async remove(key: string): Promise<void> {
    await this.#store.remove(key);
  }

  async removeFolder(key: string): Promise<boolean> {
    return await this.#store.removeFolder(key);
  }

  async renameFolder(from: string, to: string): Promise<boolean> {
    return await this.#store.renameFolder(from, to);
  }

  async link(from: string, to: string): Promise<boolean> {
    return await this.#store.link(from, to);
  }

  async freeBytes(): Promise<number | undefined> {
    return await this.#store.freeBytes();
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}
