// The thread that hashes, as a function.
import type { HashAnswer, HashJob } from './hash-worker.ts';

export class Hasher {
  readonly #worker = new Worker(new URL('hash-worker.ts', import.meta.url), { type: 'module' });
  readonly #waiting = new Map<number, { done: (blake3: string) => void; fail: (error: Error) => void }>();

  constructor() {
    this.#worker.addEventListener('message', ({ data }: MessageEvent<HashAnswer>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ('blake3' in data) waiting?.done(data.blake3);
      else waiting?.fail(new Error(data.error));
    });
    this.#worker.addEventListener('error', ({ message }) => {
      for (const { fail } of this.#waiting.values()) fail(new Error(message));
      this.#waiting.clear();
    });
  }

  /** BLAKE3 of a file. @throws When the browser cannot read it any more. */
  async hash(id: number, file: File): Promise<string> {
    return await new Promise((done, fail) => {
      this.#waiting.set(id, { done, fail });
      this.#worker.postMessage({ id, file } satisfies HashJob);
    });
  }

  close(): void {
    this.#worker.terminate();
  }
}
