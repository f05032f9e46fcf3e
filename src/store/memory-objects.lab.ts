// For tests: a place far away that only has whole objects, kept in memory. Its listings may lag, as those of some services do.
import { SnapshotError } from '../base/errors.ts';
import type { ByteRange, Objects, SpooledFile } from './objects.ts';
import type { StoreItem } from './store.ts';

interface Kept {
  readonly bytes: Buffer;
  readonly modifiedMs: number;
  /** Of those that were put: another one each time. */
  readonly tag?: string | undefined;
}

export class MemoryObjects implements Objects {
  readonly label = 'memory://test?some=option';
  readonly kept: Map<string, Kept> = new Map();
  /** What listings show: as things were so many changes ago. */
  readonly #lag: number;
  #history: (readonly (readonly [string, Kept])[])[] = [[]];
  #puts = 0;
  /** Calls of each kind. */
  readonly calls: Map<string, number> = new Map();

  /** @param lag - Listings do not know of so many of the last changes. */
  constructor(lag = 0) {
    this.#lag = lag;
  }

  async list(folder: string): Promise<readonly StoreItem[]> {
    this.#count('list');
    const items = new Map<string, StoreItem>();
    const prefix = folder === '' ? '' : `${folder}/`;
    for (const [key, { bytes, modifiedMs, tag }] of this.#seen()) {
      if (!key.startsWith(prefix)) continue;
      const [name = '', ...below] = key.slice(prefix.length).split('/');
      const isFolder = below.length > 0;
      items.set(name, {
        name,
        isFolder,
        isFile: !isFolder,
        sizeBytes: isFolder ? 0 : bytes.length,
        modifiedMs: isFolder ? 0 : modifiedMs,
        ...(!isFolder && { tag }),
      });
    }
    return await Promise.resolve([...items.values()]);
  }

  async get(key: string, range?: ByteRange): Promise<Buffer | undefined> {
    this.#count('get');
    const bytes = this.kept.get(key)?.bytes;
    const part = range === undefined ? bytes : bytes?.subarray(range.offset, range.offset + range.length);
    return await Promise.resolve(part === undefined ? undefined : Buffer.from(part));
  }

  async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    this.#count('put');
    signal?.throwIfAborted();
    this.#refuse(key);
    this.kept.set(key, { bytes: Buffer.from(bytes), modifiedMs: Date.now(), tag: `"${++this.#puts}"` });
    this.#remember();
    await Promise.resolve();
  }

  async putFile(key: string, file: SpooledFile, signal?: AbortSignal): Promise<void> {
    await this.put(key, await file.read(0, file.sizeBytes), signal);
  }

  async remove(key: string): Promise<void> {
    this.#count('remove');
    this.kept.delete(key);
    this.#remember();
    await Promise.resolve();
  }

  async close(): Promise<void> {}

  /** What real places refuse: names of nothing. */
  #refuse(key: string): void {
    if (key === '' || key.split('/').includes(''))
      throw new SnapshotError('E_STORE', `No object can be called "${key}"`);
  }

  #seen(): Iterable<readonly [string, Kept]> {
    return this.#lag === 0 ? this.kept : (this.#history[0] ?? []);
  }

  #remember(): void {
    if (this.#lag === 0) return;
    this.#history = [...this.#history, [...this.kept]].slice(-this.#lag - 1);
  }

  #count(call: string): void {
    this.calls.set(call, (this.calls.get(call) ?? 0) + 1);
  }
}
