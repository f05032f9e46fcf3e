import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { CheckResult, CheckTask, Message } from './tasks.ts';

// The test runner reads the sources; workers need what the compiler made of them.
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/check/check-worker.js' : './check-worker.js',
  import.meta.url,
);

export interface CheckOptions {
  readonly signal: AbortSignal;
  /** Told of bytes that were read. */
  readonly progress: (bytes: number) => void;
  /** Archives at once; default: as many as there are processors. */
  readonly threads?: number;
}

/**
 * Reads archives, several at once, one in each thread.
 *
 * @param tasks - Each is asked for when a thread is free for it.
 * @param done - Told what came of each, in any order.
 * @throws The reason of `signal`, once it is aborted.
 */
export async function checkArchives<T extends CheckTask>(
  tasks: Iterable<T>,
  done: (task: T, result: CheckResult) => void,
  { signal, progress, threads = availableParallelism() }: CheckOptions,
): Promise<void> {
  const queue = tasks[Symbol.iterator]();
  const running: Thread[] = [];
  const run = async (): Promise<void> => {
    let thread: Thread | undefined;
    for (let next = queue.next(); next.done !== true; next = queue.next()) {
      signal.throwIfAborted();
      if (thread === undefined) running.push((thread = new Thread(progress)));
      done(next.value, await thread.check(next.value));
    }
  };
  const stop = (): void => {
    for (const thread of running) thread.fail(signal.reason);
  };
  signal.addEventListener('abort', stop);
  try {
    await Promise.all(Array.from({ length: threads }, run));
  } finally {
    signal.removeEventListener('abort', stop);
    await Promise.all(running.map(async (thread) => await thread.close()));
  }
}

class Thread {
  readonly #worker = new Worker(WORKER);
  #resolve: (result: CheckResult) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(progress: (bytes: number) => void) {
    this.#worker.on('message', (message: Message) => {
      if ('readBytes' in message) progress(message.readBytes);
      else if ('result' in message) this.#resolve(message.result);
      else this.fail(message.error);
    });
    this.#worker.on('error', (error) => this.fail(error));
    this.#worker.on('exit', (status) => this.fail(new Error(`a thread ended with status ${status}`)));
  }

  async check(task: CheckTask): Promise<CheckResult> {
    return await new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      const { location, key, where, format, sizeBytes, sha256, pieces, chosen, isComplete } = task;
      const plain = { location, key, where, format, sizeBytes, sha256, pieces, chosen, isComplete };
      this.#worker.postMessage(plain satisfies CheckTask);
    });
  }

  fail(error: unknown): void {
    this.#reject(error);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
