import type { Problem } from '../tree/entry.ts';
import type { EntryTable } from '../tree/entry-table.ts';
import { shareContent } from '../tree/hardlinks.ts';
import { batchesOf, smallFirst } from './batches.ts';
import { ordered } from './ordered.ts';
import type { WorkerPool } from './pool.ts';

const HASH_BYTES = 32;

export interface HashOptions {
  readonly root: string;
  readonly pool: WorkerPool;
  readonly signal: AbortSignal;
  readonly progress: (files: number, bytes: number) => void;
  /** Asked after each task: whether what is known by now is enough. */
  readonly enough?: (() => boolean) | undefined;
}

/** What {@link hashFiles} could not read: a problem for each, by the number of its entry. */
export type Unread = ReadonlyMap<number, Problem>;

/** Reads the files `wanted` (numbers of entries), and keeps nothing but their hashes, in `entries`. */
export async function hashFiles(
  entries: EntryTable,
  wanted: readonly number[],
  options: HashOptions,
): Promise<Unread> {
  const unread = new Map<number, Problem>();
  const { small, large } = batchesOf(entries, smallFirst(entries, wanted), false);
  const batches = [...small, ...large.map((i) => [i])];
  const results = ordered(batches, options.pool.size * 2, async (numbers) => {
    const task = { kind: 'hash', root: options.root, entries: numbers.map((i) => entries.at(i)) } as const;
    return { numbers, reads: await options.pool.run(task) };
  });
  for await (const { numbers, reads } of results) {
    options.signal.throwIfAborted();
    for (const { n, outcome } of reads.exceptions) {
      const i = numbers[n] ?? -1;
      if (outcome.kind === 'vanished' || outcome.kind === 'unreadable') {
        unread.set(i, { path: entries.path(i), kind: outcome.kind, reason: outcome.reason });
      }
    }
    let bytes = 0;
    numbers.forEach((i, n) => {
      if (unread.has(i)) return;
      entries.setHash(i, reads.hashes.subarray(n * HASH_BYTES, (n + 1) * HASH_BYTES));
      bytes += entries.size(i);
    });
    options.progress(numbers.length, bytes);
    if (options.enough?.() === true) break;
  }
  shareContent(entries);
  return unread;
}
