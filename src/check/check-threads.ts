import { ThreadPool } from '../base/thread-pool.ts';
import type { ArchiveSource } from '../format/found-member.ts';
import { type Hasher, loadBlake3 } from '../hash/blake3.ts';
import { mayBeCut } from './archive-parts.ts';
import { type ArchiveReader, checkArchive, type CheckOrder } from './check-archive.ts';
import { readAll } from './read-members.ts';
import { readChosen } from './read-pieces.ts';
import type { ArchiveFile, CheckResult, CheckResults, CheckTask, Progress, ReadResult } from './tasks.ts';

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
 * Reads archives, several at once, and a large one in several threads.
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
  const pool = new ThreadPool<CheckTask, CheckResults>(WORKER, threads, (message) =>
    progress((message as Progress).readBytes),
  );
  const inThreads: ArchiveReader = {
    read: async (archive) => await readTogether(pool, archive),
    pieces: async (archive, pieces, chosen) => await pool.run({ kind: 'pieces', archive, pieces, chosen }),
  };
  // What comes over a network is not faster for being hashed in a thread.
  const sourceOf = ({ key, sizeBytes }: ArchiveFile): ArchiveSource => ({
    sizeBytes,
    read: async (offset, length) => {
      signal.throwIfAborted();
      const bytes = await read(key, offset, length);
      progress(length);
      return bytes;
    },
  });
  const here: ArchiveReader = {
    read: async (archive) => await readAll(archive, sourceOf(archive), await newHasher()),
    pieces: async (archive, pieces, chosen) =>
      await readChosen({ kind: 'pieces', archive, pieces, chosen }, sourceOf(archive), await newHasher()),
  };
  const queue = orders[Symbol.iterator]();
  const run = async (): Promise<void> => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) {
      signal.throwIfAborted();
      const [of, order] = next.value;
      done(of, await checkArchive(order, order.archive.folder === undefined ? here : inThreads));
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

async function newHasher(): Promise<Hasher> {
  return await (await loadBlake3()).create();
}

/** Reads an archive, in all threads if that is possible. */
async function readTogether(
  pool: ThreadPool<CheckTask, CheckResults>,
  archive: ArchiveFile,
): Promise<ReadResult> {
  if (archive.format === 'tar.zst' && mayBeCut(archive.sizeBytes)) {
    const next = new Int32Array(new SharedArrayBuffer(4));
    const share = async (): Promise<ReadResult | undefined> =>
      await pool.run({ kind: 'share', archive, next });
    const shares = await Promise.all(Array.from({ length: pool.size }, share));
    if (!shares.includes(undefined)) return joined(shares.filter((one) => one !== undefined));
  }
  return await pool.run({ kind: 'read', archive });
}

/** What threads have read of an archive together. */
function joined(shares: readonly ReadResult[]): ReadResult {
  return {
    parts: shares.some(({ parts }) => parts === undefined)
      ? undefined
      : shares.flatMap(({ parts = [] }) => parts).toSorted((a, b) => a.n - b.n),
    count: shares.reduce((sum, { count }) => sum + count, 0),
    sha256: shares.find(({ sha256 }) => sha256 !== undefined)?.sha256,
    broken: shares.find(({ broken }) => broken !== undefined)?.broken,
    unreadable: shares.find(({ unreadable }) => unreadable !== undefined)?.unreadable,
  };
}
