import type { StoreWriter } from '../store/store.ts';

/**
 * So many bytes may wait to be written. A disk that flushes answers late, in bursts; meanwhile the workers go
 * on. Enough for the bursts of {@link StoreWriter}'s own flushes, little enough for memory.
 */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

/** Writes in the background, in order. */
export class WriteBehind {
  readonly #writer: StoreWriter;
  #waitingBytes = 0;
  #tail: Promise<void> = Promise.resolve();
  #failed = false;
  #failure: unknown;

  constructor(writer: StoreWriter) {
    this.#writer = writer;
  }

  /**
   * Takes `bytes`, which must not change until `written` is called; waits while too many wait already.
   *
   * @throws what an earlier write threw.
   */
  async write(bytes: Uint8Array, written: () => void = () => {}): Promise<void> {
    this.#rethrow();
    this.#waitingBytes += bytes.length;
    this.#tail = this.#tail.then(async () => {
      try {
        if (!this.#failed) await this.#writer.write(bytes);
      } catch (error) {
        this.#failed = true;
        this.#failure = error;
      }
      this.#waitingBytes -= bytes.length;
      written();
    });
    if (this.#waitingBytes > MAX_WAITING_BYTES) await this.drain();
  }

  /** Waits until all is written. @throws what a write threw. */
  async drain(): Promise<void> {
    await this.#tail;
    this.#rethrow();
  }

  #rethrow(): void {
    if (this.#failed) throw this.#failure;
  }
}
