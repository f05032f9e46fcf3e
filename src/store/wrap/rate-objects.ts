import type { Objects, SpooledFile } from '../objects.ts';
import type { StoreItem } from '../store.ts';
import type { RateLimit } from './rate-limit.ts';

/** A place that is written to no faster than a limit allows: what goes over the wire counts. */
export class RateObjects implements Objects {
  readonly #inner: Objects;
  readonly #limit: RateLimit;
  readonly removeFolder?: (key: string) => Promise<boolean>;
  readonly link?: (from: string, to: string) => Promise<boolean>;
  readonly renameFolder?: (from: string, to: string) => Promise<boolean>;
  readonly freeBytes?: () => Promise<number | undefined>;

  constructor(inner: Objects, limit: RateLimit) {
    this.#inner = inner;
    this.#limit = limit;
    if (inner.removeFolder !== undefined)
      this.removeFolder = async (key) => (await inner.removeFolder?.(key)) ?? false;
    if (inner.link !== undefined) this.link = async (from, to) => (await inner.link?.(from, to)) ?? false;
    if (inner.renameFolder !== undefined)
      this.renameFolder = async (from, to) => (await inner.renameFolder?.(from, to)) ?? false;
    if (inner.freeBytes !== undefined) this.freeBytes = async () => await inner.freeBytes?.();
  }

  get label(): string {
    return this.#inner.label;
  }

  async list(folder: string, signal?: AbortSignal): Promise<readonly StoreItem[]> {
    return await this.#inner.list(folder, signal);
  }

  refresh(folder?: string): void {
    this.#inner.refresh?.(folder);
  }

  distrust(): void {
    this.#inner.distrust?.();
  }

  async known(sha256: string): Promise<Buffer | undefined> {
    return await this.#inner.known?.(sha256);
  }

  async get(...args: Parameters<Objects['get']>): Promise<Buffer | undefined> {
    return await this.#inner.get(...args);
  }

  async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    await this.#take(bytes.length);
    await this.#inner.put(key, bytes, signal);
  }

  async putFile(key: string, file: SpooledFile, signal?: AbortSignal): Promise<void> {
    const slow: SpooledFile = {
      sizeBytes: file.sizeBytes,
      read: async (offset, length) => {
        const bytes = await file.read(offset, length);
        await this.#take(bytes.length);
        return bytes;
      },
    };
    await this.#inner.putFile(key, slow, signal);
  }

  async remove(key: string): Promise<void> {
    await this.#inner.remove(key);
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }

  async #take(bytes: number): Promise<void> {
    for (let left = bytes; left > 0; left -= this.#limit.burstBytes) {
      await this.#limit.take(Math.min(left, this.#limit.burstBytes));
    }
  }
}
