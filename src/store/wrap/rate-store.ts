import type { RateLimit } from './rate-limit.ts';
import { putWhole } from '../local/put-whole.ts';
import type { Store, StoreItem, StoreWriter } from '../store.ts';

/** A store that is written to no faster than a limit allows, which several stores may share. */
export class RateStore implements Store {
  readonly #store: Store;
  readonly #limit: RateLimit;

  constructor(store: Store, limit: RateLimit) {
    this.#store = store;
    this.#limit = limit;
  }

  get location(): string {
    return this.#store.location;
  }

  async create(key: string): Promise<StoreWriter> {
    return new RateWriter(await this.#store.create(key), this.#limit);
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await putWhole(this, key, bytes);
  }

  async appendLine(key: string, line: string): Promise<void> {
    for (const part of partsOf(Buffer.from(line), this.#limit.burstBytes))
      await this.#limit.take(part.length);
    await this.#store.appendLine(key, line);
  }

  async list(key: string): Promise<readonly StoreItem[]> {
    return await this.#store.list(key);
  }

  async read(key: string): Promise<Buffer | undefined> {
    return await this.#store.read(key);
  }

  async readRange(key: string, offset: number, length: number): Promise<Buffer> {
    return await this.#store.readRange(key, offset, length);
  }

  async link(from: string, to: string): Promise<boolean> {
    return await this.#store.link(from, to);
  }

  async remove(key: string): Promise<void> {
    await this.#store.remove(key);
  }

  async removeFolder(key: string): Promise<boolean> {
    return await this.#store.removeFolder(key);
  }

  async freeBytes(): Promise<number | undefined> {
    return await this.#store.freeBytes();
  }
}

class RateWriter implements StoreWriter {
  readonly #writer: StoreWriter;
  readonly #limit: RateLimit;

  constructor(writer: StoreWriter, limit: RateLimit) {
    this.#writer = writer;
    this.#limit = limit;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (const part of partsOf(bytes, this.#limit.burstBytes)) {
      await this.#limit.take(part.length);
      await this.#writer.write(part);
    }
  }

  async rewind(bytes: number): Promise<void> {
    await this.#writer.rewind(bytes);
  }

  async commit(): Promise<void> {
    await this.#writer.commit();
  }

  async discard(): Promise<void> {
    await this.#writer.discard();
  }
}

function* partsOf(bytes: Uint8Array, partBytes: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += partBytes) yield bytes.subarray(at, at + partBytes);
}
