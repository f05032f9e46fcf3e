import { isForSame } from '../../series/crypt/keys.ts';
import type { FileInfo } from '../../series/info.ts';
import type { Snapshot } from '../../series/series.ts';
import type { RowContext } from './row-context.ts';

/** A smaller index is written anew each time: what differs from an older one would save nothing. */
const SMALL_INDEX_BYTES = 256 * 1024;

/** Where more than one line in so many differs from the last whole index, a new one is written. */
const MOST_CHANGED = 8;

/**
 * The index of the last snapshot, as one of `snapshot`, when it pays to keep it and tell what differs.
 *
 * @param count - How many lines differ, and how many there are.
 */
export async function olderIndex(
  { row, series, options }: RowContext,
  newest: Snapshot | undefined,
  snapshot: string,
  count: { readonly changes: number; readonly entries: number },
): Promise<FileInfo | undefined> {
  if (newest === undefined || !isForSame(newest.info.recipients, row.encrypt)) return undefined;
  const { smallIndexBytes = SMALL_INDEX_BYTES } = options;
  if (newest.info.index.bytes < smallIndexBytes || count.changes * MOST_CHANGED > count.entries)
    return undefined;
  return await series.share(newest.name, newest.info.index, snapshot);
}
