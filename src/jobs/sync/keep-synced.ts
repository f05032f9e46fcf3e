// Syncs a pair again and again: at once when something has changed on a side of this machine, and as often as is asked for where
// nobody tells of changes.
import { setTimeout as delay } from 'node:timers/promises';
import { SnapshotError } from '../../base/errors.ts';
import { PairWatch } from './pair-watch.ts';
import { type SyncResult, statusOf } from './result.ts';
import { sync, type SyncOptions } from './sync.ts';
import { PATIENCE_MS } from './with-locks.ts';

export interface KeepOptions extends SyncOptions {
  /** A side on a server is listed so often, in milliseconds. */
  readonly pollMs: number;
  /** Told of each sync that did something, or ended in another way than the one before. */
  readonly told: (result: SyncResult) => void;
  /** Told why one failed, once for each reason. It is tried again. */
  readonly failed: (error: SnapshotError) => void;
}

/** One that failed is tried again after so long, each time twice as long, up to an hour. */
const RETRY_MS = 30_000;
const LONGEST_RETRY_MS = 3_600_000;

/**
 * Runs until `signal` is aborted.
 *
 * @returns The exit status: how the pair was at the end.
 * @throws {@link SnapshotError} `E_USAGE` when the two can never be a pair.
 */
export async function keepSynced(here: string, there: string, options: KeepOptions): Promise<number> {
  const { signal, told, failed } = options;
  let status = 0;
  let last = '';
  let retryMs = RETRY_MS;
  let { acceptChanges } = options;
  while (!signal.aborted) {
    try {
      // Before the sync: what happens while it runs is seen by the next one.
      const watch = await PairWatch.open(here, there, options);
      try {
        for (;;) {
          await watch.begin();
          const result = await sync(here, there, { ...options, acceptChanges, waitMs: PATIENCE_MS });
          acceptChanges = false;
          status = statusOf(result);
          const state = JSON.stringify([status, result.stop, result.troubles]);
          if (result.done.length > 0 || state !== last) told(result);
          last = state;
          retryMs = RETRY_MS;
          if (!(await watch.changed())) return status;
        }
      } finally {
        await watch.close();
      }
    } catch (error) {
      if (signal.aborted) break;
      if (!(error instanceof SnapshotError) || error.code === 'E_USAGE') throw error;
      status = 1;
      if (last !== error.message) failed(error);
      last = error.message;
      await delay(retryMs, undefined, { signal }).catch(() => {});
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
    }
  }
  return status;
}
