import type { Problem } from '../tree/entry.ts';
import type { EntryTable } from '../tree/entry-table.ts';
import { shareContent } from '../tree/hardlinks.ts';
import { batchesOf, smallFirst } from './batches.ts';
import { ordered } from '../base/ordered.ts';
import type { WorkerPool } from './pool.ts';
import { noteAttributes } from './read-attributes.ts';

const HASH_BYTES = 32;

export interface HashOptions {
  readonly root: string;
  readonly pool: WorkerPool;
  readonly signal: AbortSignal;
  readonly progress: (files: number, bytes: number) => void;
  /** Asked after each task: whether what is known by now is enough. */
  readonly enough?: (() => boolean) | undefined;
}

/** What came up in {@link hashFiles}, by the numbers of the entries. */
export interface Hashed {
  /** Files that could not be read. */
  readonly unread: ReadonlyMap<number, Problem>;
  /** Files that had changed since the scan; their entries say now what was read. */
  readonly reread: ReadonlySet<number>;
  /** Files that changed each time they were read: their hashes are of no one moment. */
  readonly unsettled: ReadonlySet<number>;
  /** What could not be had of those that were read. */
  readonly problems: readonly Problem[];
}

/** Reads the files `wanted` (numbers of entries), and keeps nothing but their hashes, in `entries`. */
export async function hashFiles(
  entries: EntryTable,
  wanted: readonly number[],
  options: HashOptions,
): Promise<Hashed> {
  const unread = new Map<number, Problem>();
  const reread = new Set<number>();
  const unsettled = new Set<number>();
  const problems: Problem[] = [];
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
      if ('reason' in outcome) {
        unread.set(i, { path: entries.path(i), kind: outcome.kind, reason: outcome.reason });
      } else if ('seen' in outcome) {
        entries.update(i, outcome.seen);
        reread.add(i);
        if (outcome.kind === 'changed') unsettled.add(i);
      }
    }
    problems.push(
      ...noteAttributes(entries, numbers, reads.attributes, (n) => !unread.has(numbers[n] ?? -1)),
    );
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
  return { unread, reread, unsettled, problems };
}
