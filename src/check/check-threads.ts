import { ThreadPool } from '../base/thread-pool.ts';
import { loadBlake3 } from '../hash/blake3.ts';
import { checkArchive } from './check-archive.ts';
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
 * @param tasks - Each is asked for when a thread is free for it, with what `done` is to know it by.
 * @param done - Told what came of each, in any order.
 * @throws The reason of `signal`, once it is aborted.
 */
export async function checkArchives<T>(
  tasks: Iterable<readonly [T, CheckTask]>,
  done: (of: T, result: CheckResult) => void,
  { signal, progress, read, threads }: CheckOptions,
): Promise<void> {
  const pool = new ThreadPool<CheckTask, { check: CheckResult }>(WORKER, threads, (message) =>
    progress((message as Progress).readBytes),
  );
  // What comes over a network is not faster for being hashed in a thread.
  const checkHere = async (task: CheckTask): Promise<CheckResult> => {
    const source = {
      sizeBytes: task.sizeBytes,
      read: async (offset: number, length: number): Promise<Buffer> => {
        signal.throwIfAborted();
        const bytes = await read(task.key, offset, length);
        progress(length);
        return bytes;
      },
    };
    return await checkArchive(task, source, await (await loadBlake3()).create());
  };
  const queue = tasks[Symbol.iterator]();
  const run = async (): Promise<void> => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) {
      signal.throwIfAborted();
      const [of, task] = next.value;
      done(of, await (task.folder === undefined ? checkHere(task) : pool.run(task)));
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
