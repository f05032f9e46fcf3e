import { putWhole } from '../put-whole.ts';
import type { Store, StoreWriter } from '../store.ts';
import type { RateLimit } from './rate-limit.ts';
import { WrappedStore } from './wrapped-store.ts';

/** A store that is written to no faster than a limit allows, which several stores may share. */
export class RateStore extends WrappedStore {
  readonly #limit: RateLimit;

  constructor(store: Store, limit: RateLimit) {
    super(store);
    this.#limit = limit;
  }

  override async create(key: string, signal?: AbortSignal): Promise<StoreWriter> {
    return new RateWriter(await this.inner.create(key, signal), this.#limit);
  }

  override async put(key: string, bytes: Uint8Array): Promise<void> {
    await putWhole(this, key, bytes);
  }

  override async appendLine(key: string, line: string): Promise<void> {
    for (const part of partsOf(Buffer.from(line), this.#limit.burstBytes))
      await this.#limit.take(part.length);
    await this.inner.appendLine(key, line);
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
