// Notices by itself what is done to the folder of an account.
import type { TreeWatcher } from '../tree/watching/watch-tree.ts';
import { differs } from './library/differs.ts';
import type { Library } from './library/library.ts';
import type { SyncResult } from './library/reconcile.ts';

export interface Following {
  /** Told of what a comparison came to, if anything had changed. */
  readonly onSync: (result: SyncResult, seconds: number) => void;
  /** Told of what went wrong; it goes on with what comes next. */
  readonly onError: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/**
 * Compares a library with its folder whenever something happens there that no upload has done, and each hour. Resolves when
 * `signal` aborts.
 *
 * @param watcher - Watches since before the last comparison: what happened between would be missed.
 */
export async function follow(
  library: Library,
  watcher: TreeWatcher,
  { onSync, onError, signal }: Following,
): Promise<void> {
  try {
    for (;;) {
      const changes = await watcher.next();
      if (changes === undefined) return;
      const { folders, whole } = changes;
      if (whole === undefined && !(await differs(library.files, library.holdings, folders))) continue;
      const begun = performance.now();
      try {
        const result = await library.sync();
        const seconds = Math.round(performance.now() - begun) / 1000;
        if (result.new + result.renamed + result.removed + result.changed > 0) onSync(result, seconds);
      } catch (error) {
        // Its disk is away, perhaps: the watcher says when it is back.
        if (!signal.aborted) onError(error);
      }
    }
  } catch (error) {
    if (!signal.aborted) onError(error);
  }
}
