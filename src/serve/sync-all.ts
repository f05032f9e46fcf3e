import { SnapshotError } from '../base/errors.ts';
import type { AccountSync } from './control.ts';
import type { Libraries } from './libraries.ts';
import type { SyncResult } from './library/reconcile.ts';

const NOTHING: SyncResult = { new: 0, renamed: 0, removed: 0, changed: 0, matched: 0, problems: [] };

/**
 * Looks at the folders of all `accounts`, one after the other. One that cannot be read has an `error`; the others are looked at all the
 * same.
 */
export async function syncAll(
  accounts: readonly string[],
  libraries: Libraries,
  { rehash, isFirst = false }: { readonly rehash: boolean; readonly isFirst?: boolean },
): Promise<readonly AccountSync[]> {
  const results: AccountSync[] = [];
  for (const account of accounts) {
    const begun = performance.now();
    // Opening it is a look already.
    const looking: Promise<SyncResult & { readonly seconds?: number }> =
      isFirst && !rehash ? libraries.first(account) : libraries.sync(account, rehash);
    const result = await looking.catch((error: unknown) => {
      if (!(error instanceof SnapshotError)) throw error;
      return { ...NOTHING, error: error.message };
    });
    const seconds = Math.round(performance.now() - begun) / 1000;
    results.push({ account, seconds, ...result });
  }
  return results;
}
