// Where an archive goes: bytes, in order.

/** Takes bytes. Calls are made one after the other. */
export interface Output {
  /** Resolves when there is room for more. */
  write(bytes: Uint8Array): Promise<void>;
}

/** Passes on what a stream gives, as fast as the output takes it. */
export class Pump {
  /** Everything is passed on. */
  readonly done: Promise<void>;
  #failure: { readonly error: unknown } | undefined;
  /** Of who waits for the stream now. */
  #reject: ((error: unknown) => void) | undefined;

  constructor(from: AsyncIterable<unknown>, to: Output) {
    this.done = pump(from, to);
    this.done.catch((error: unknown) => {
      this.#failure = { error };
      this.#reject?.(error);
    });
  }

  /** `work`, which may wait for the stream: rejects when that would be in vain, as nothing is passed on any more. */
  async during(work: Promise<unknown>): Promise<void> {
    // No race with `done`: that would remember each of a million calls until it ends.
    try {
      await new Promise((resolve, reject) => {
        this.#reject = reject;
        work.then(resolve, reject);
        if (this.#failure !== undefined) reject(this.#failure.error);
      });
    } finally {
      this.#reject = undefined;
    }
  }
}

async function pump(from: AsyncIterable<unknown>, to: Output): Promise<void> {
  for await (const bytes of from) await to.write(bytes as Uint8Array);
}
