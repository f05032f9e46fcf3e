import { MessageChannel } from 'node:worker_threads';
import { ThreadPool } from '../base/thread-pool.ts';
import { loadBlake3 } from '../hash/blake3.ts';
import { checkArchive, type CheckOrder } from './check-archive.ts';
import type { CheckResult, CheckTask, Progress } from './tasks.ts';

// The test runner reads the sources; workers need what the compiler made of them.
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/check/check-worker.js' : './check-worker.js',
  import.meta.url,
);

export interface CheckOptions {
  readonly signal: AbortSignal;
  /** Told of bytes that were read. */
  readonly progress: (bytes: number) => void;
  /** Bytes of an archive that is no file of this machine. */
  readonly read: (key: string, offset: number, length: number) => Promise<Buffer>;
  /** Archives at once; default: as many as there are processors. */
  readonly threads?: number;
}

/**
 * Reads archives, several at once, one in each thread.
 *
 * @param orders - Each is asked for when a thread is free for it, with what `done` is to know it by.
 * @param done - Told what came of each, in any order.
 * @throws The reason of `signal`, once it is aborted.
 */
export async function checkArchives<T>(
  orders: Iterable<readonly [T, CheckOrder]>,
  done: (of: T, result: CheckResult) => void,
  { signal, progress, read, threads }: CheckOptions,
): Promise<void> {
  const pool = new ThreadPool<CheckTask, { check: CheckResult }>(WORKER, threads, (message) =>
    progress((message as Progress).readBytes),
  );
  // What comes over a network is not faster for being hashed in a thread.
  const checkHere = async (order: CheckOrder): Promise<CheckResult> => {
    const source = {
      sizeBytes: order.sizeBytes,
      read: async (offset: number, length: number): Promise<Buffer> => {
        signal.throwIfAborted();
        const bytes = await read(order.key, offset, length);
        progress(length);
        return bytes;
      },
    };
    return await checkArchive(order, source, await (await loadBlake3()).create());
  };
  const checkThere = async (order: CheckOrder): Promise<CheckResult> => {
    const { port1: tell, port2: expected } = new MessageChannel();
    const result = pool.run({ ...order, kind: 'check', expected }, [expected]);
    const close = (): void => tell.close();
    order.expected.then((known) => tell.postMessage(known)).then(close, close);
    return await result;
  };
  const queue = orders[Symbol.iterator]();
  const run = async (): Promise<void> => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) {
      signal.throwIfAborted();
      const [of, order] = next.value;
      done(of, await (order.folder === undefined ? checkHere(order) : checkThere(order)));
    }
  };
  const stop = (): void => void pool.close(signal.reason as Error);
  signal.addEventListener('abort', stop);
  try {
    await Promise.all(Array.from({ length: pool.size }, run));
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener('abort', stop);
    await pool.close();
  }
}
