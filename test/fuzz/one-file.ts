import { LocalStore } from '../../src/store/local/local-store.ts';
import type { StoreItem } from '../../src/store/store.ts';

/** A store with a single small file, which is an hour old. */
export class OneFile extends LocalStore {
  readonly #files: Map<string, { bytes: Buffer; modifiedMs: number }>;

  /** @param key - At the top, or in one folder. */
  constructor(key: string, bytes: Buffer) {
    super('x');
    this.#files = new Map([[key, { bytes, modifiedMs: Date.now() - 3_600_000 }]]);
  }

  override async list(): Promise<readonly StoreItem[]> {
    const items = [...this.#files].map(([key, { bytes, modifiedMs }]) => ({
      name: key.slice(key.indexOf('/') + 1),
      isFolder: false,
      isFile: true,
      sizeBytes: bytes.length,
      modifiedMs,
    }));
    return await Promise.resolve(items);
  }

  override async read(key: string): Promise<Buffer | undefined> {
    return await Promise.resolve(this.#files.get(key)?.bytes);
  }

  override async readRange(key: string, offset: number, length: number): Promise<Buffer> {
    return await Promise.resolve(this.#files.get(key)?.bytes.subarray(offset, offset + length) ?? NOTHING);
  }

  override async readLines(key: string, bytes: number): ReturnType<LocalStore['readLines']> {
    const all = this.#files.get(key)?.bytes ?? NOTHING;
    const tail = all.subarray(Math.max(0, all.length - bytes));
    return await Promise.resolve({ text: tail.toString('utf8'), isAll: tail.length === all.length });
  }

  override async put(key: string, bytes: Uint8Array): Promise<void> {
    this.#files.set(key, { bytes: Buffer.from(bytes), modifiedMs: Date.now() });
    await Promise.resolve();
  }

  override async remove(key: string): Promise<void> {
    this.#files.delete(key);
    await Promise.resolve();
  }
}

const NOTHING = Buffer.alloc(0);
