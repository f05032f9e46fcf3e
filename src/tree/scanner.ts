import { Worker } from 'node:worker_threads';
import { SnapshotError } from '../errors.ts';
import type { Problem } from './entry.ts';
import { EntryTable } from './entry-table.ts';
import { rootOf } from './scan.ts';
import type { ScanMessage, ScanRequest } from './scan-worker.ts';

/** A source as one scan saw it. */
export interface Tree {
  /** What the paths of `entries` are relative to: the source, or its folder when it is a file. */
  readonly root: string;
  readonly entries: EntryTable;
  readonly problems: readonly Problem[];
}

// The test runner reads the sources; workers need what the compiler made of them.
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/tree/scan-worker.js' : './scan-worker.js',
  import.meta.url,
);

/**
 * Scans `source` in a thread of its own.
 *
 * @param exclude - Patterns in gitignore syntax, relative to `source`.
 * @param progress - Told the number of entries found so far, now and then.
 * @throws {@link SnapshotError} `E_ROW` when the source cannot be read; the reason of `signal` when aborted.
 */
export async function scanTree(
  source: string,
  exclude: readonly string[],
  signal: AbortSignal,
  progress: (entries: number) => void = () => {},
): Promise<Tree> {
  signal.throwIfAborted();
  const entries = new EntryTable();
  const problems: Problem[] = [];
  const worker = new Worker(WORKER, { workerData: { source, exclude } satisfies ScanRequest });
  try {
    const isFile = await new Promise<boolean>((resolve, reject) => {
      const abort = (): void => reject(signal.reason as Error);
      signal.addEventListener('abort', abort, { once: true });
      worker.on('error', reject);
      worker.on('exit', () => reject(new Error(`the scan of "${source}" ended early`)));
      worker.on('message', (message: ScanMessage) => {
        switch (message.kind) {
          case 'chunk':
            entries.append(message.chunk);
            progress(entries.length);
            break;
          case 'problems':
            for (const problem of message.problems) problems.push(problem);
            break;
          case 'done':
            signal.removeEventListener('abort', abort);
            resolve(message.isFile);
            break;
          case 'refused':
            reject(
              new SnapshotError(
                'E_ROW',
                message.message,
                message.hint === undefined ? {} : { hint: message.hint },
              ),
            );
            break;
        }
      });
    });
    return { root: rootOf(source, isFile), entries, problems };
  } finally {
    await worker.terminate();
  }
}
