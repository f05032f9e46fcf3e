import { HashLookup, type SharedHashes } from '../format/contents.ts';
import type { EntryTable } from '../tree/entry-table.ts';
import { hashFiles, type HashOptions } from './hash-files.ts';

export interface KnownFiles extends HashOptions {
  /** Sizes of stored content. */
  readonly knownSizes: ReadonlySet<number>;
}

/**
 * Large files whose content is not stored yet. One of a size that some stored content has is hashed first:
 * reading it once more is little against compressing and writing it in vain.
 *
 * @param known - Hashes of stored content; undefined when all files are to be written.
 */
export async function withoutStored(
  entries: EntryTable,
  numbers: readonly number[],
  known: SharedHashes | undefined,
  { knownSizes, root, pool, signal, progress }: KnownFiles,
): Promise<readonly number[]> {
  const likely = numbers.filter((i) => known !== undefined && knownSizes.has(entries.size(i)));
  if (known === undefined || likely.length === 0) return numbers;
  const lookup = new HashLookup(known);
  const options = { root, pool, signal, progress: () => {} };
  const { unread, unsettled } = await hashFiles(entries, likely, options);
  const stored = new Set(
    likely.filter((i) => {
      const hash = entries.hash(i);
      // One that has become empty meanwhile is written, as all empty files are.
      const isRead = !unread.has(i) && !unsettled.has(i) && entries.size(i) > 0;
      return isRead && hash !== undefined && lookup.has(hash);
    }),
  );
  for (const i of stored) progress(1, entries.allocated(i) ?? entries.size(i));
  return numbers.filter((i) => !stored.has(i));
}
