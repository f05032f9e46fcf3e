import { setImmediate } from 'node:timers/promises';

const BYTES = 64 * 1024 * 1024;

/**
 * Lets others have their turn in long work that never waits: signals, timers, and the lock that says that this run is alive.
 */
export class Breath {
  readonly #signal: AbortSignal | undefined;
  #bytes = 0;

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** To be called after so many bytes were worked on. @throws The reason of the signal. */
  async after(bytes: number): Promise<void> {
    this.#bytes += bytes;
    if (this.#bytes < BYTES) return;
    this.#bytes = 0;
    await setImmediate();
    this.#signal?.throwIfAborted();
  }
}
