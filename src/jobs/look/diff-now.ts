// What differs between a snapshot and the source as it is now.
import { lookAtAttributes } from '../../pack/look-at-attributes.ts';
import { WorkerPool } from '../../pack/pool.ts';
import type { Row } from '../../plan/plan.ts';
import type { IndexCursor } from '../../series/index/index-cursor.ts';
import type { IndexEntry } from '../../series/index/index-line.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import { Comparison } from '../../tree/compare.ts';
import type { Entry, Problem } from '../../tree/entry.ts';
import { EntryTable } from '../../tree/entry-table.ts';
import { firstNames } from '../../tree/hardlinks.ts';
import { comparePaths } from '../../tree/path.ts';
import type { PreviousCursor } from '../../tree/previous-cursor.ts';
import type { Apart } from '../../tree/apart.ts';
import { startScan } from '../../tree/scan.ts';
import { scanTree, type Tree } from '../../tree/scanner.ts';
import { leftOutOf } from '../left-out.ts';
import type { PathChange, Side } from './branches.ts';
import { type Difference, findMoves } from './difference.ts';

export interface NowOptions {
  /** Folders that are no part of the source. */
  readonly apart?: readonly Apart[] | undefined;
  readonly signal: AbortSignal;
  /** Told how many files of how many were looked into. */
  readonly progress: (files: number, total: number) => void;
}

export interface DiffNow {
  readonly differences: readonly Difference[];
  /** What could not be read, and so is not known. */
  readonly problems: readonly Problem[];
}

/**
 * All differences between `snapshot` and the source of `row`, in path order. Files are read where their times
 * differ, and where they may have been moved; nothing is written.
 *
 * @throws {@link SnapshotError} `E_ROW` when the source cannot be read, `E_DAMAGED` when the index is damaged.
 */
export async function diffNow(
  series: Series,
  snapshot: Snapshot,
  row: Row,
  { signal, progress, apart = [] }: NowOptions,
): Promise<DiffNow> {
  const cursor = new KeepingCursor(await series.index(snapshot));
  const entries = new EntryTable();
  const knowsAttributes = snapshot.info.attributes === true;
  const comparison = new Comparison(cursor, entries, {
    rehash: false,
    knowsAttributes,
    previousStartNs: BigInt(Date.parse(snapshot.info.time.started)) * 1_000_000n,
  });
  const start = startScan(row.source, leftOutOf(row), apart);
  const tree = await scanTree(row.source, signal, entries, () => comparison.advance(), start);
  comparison.finish();
  const unread = await readWhatMatters(tree, comparison, cursor, signal, progress, knowsAttributes);
  const differences = findMoves(changesOf(comparison, entries, cursor));
  return { differences, problems: [...tree.problems.filter(({ kind }) => kind !== 'special'), ...unread] };
}

/** Goes through the last snapshot, and keeps what is gone, and what cannot be told from its line to be as it was. */
class KeepingCursor implements PreviousCursor {
  readonly removed: IndexEntry[] = [];
  /** By number of the entry that it has become. */
  readonly matched = new Map<number, IndexEntry>();
  readonly #cursor: IndexCursor;

  constructor(cursor: IndexCursor) {
    this.#cursor = cursor;
  }

  peek(): IndexEntry | undefined {
    return this.#cursor.peek();
  }

  remove(): void {
    const item = this.peek();
    if (item !== undefined) this.removed.push(item);
    this.#cursor.remove();
  }

  match(i: number, now: Entry, keepsContent: boolean): void {
    const item = this.peek();
    if (item !== undefined) this.matched.set(i, item);
    this.#cursor.match(i, now, keepsContent);
  }

  skipSame(now: Entry, i: number): boolean {
    return this.#cursor.skipSame(now, i);
  }
}

/** Reads files whose content decides something. @returns What could not be read. */
async function readWhatMatters(
  { root, entries }: Tree,
  comparison: Comparison,
  { removed, matched }: KeepingCursor,
  signal: AbortSignal,
  progress: NowOptions['progress'],
  knowsAttributes: boolean,
): Promise<readonly Problem[]> {
  const goneSizes = new Set(removed.map(({ entry }) => entry.size));
  const wanted = new Set(
    comparison.unread().filter((i) => {
      const before = matched.get(i)?.entry;
      // What is new can have been moved only if something of its size is gone.
      if (before === undefined) return entries.size(i) > 0 && goneSizes.has(entries.size(i));
      if (before.type !== 'file') return false;
      // Another size is another content, but where nobody wrote to the file: there, the listing may be wrong.
      const { size, mtimeNs } = entries.at(i);
      return before.size === size || size === 0 || before.mtimeNs === mtimeNs;
    }),
  );
  // The content of a further name is read by way of the first.
  for (const [i, first] of firstNames(entries)) if (matched.has(i) && first >= 0) wanted.add(first);
  const unlooked = knowsAttributes ? comparison.unlooked() : [];
  if (wanted.size + unlooked.length === 0) return [];
  const { hashFiles } = await import('../../pack/hash-files.ts');
  const pool = new WorkerPool();
  let done = 0;
  const more = (files: number): void => progress((done += files), wanted.size);
  try {
    const { unread, problems } = await hashFiles(entries, [...wanted], {
      root,
      pool,
      signal,
      progress: more,
    });
    return [
      ...unread.values(),
      ...problems,
      ...(await lookAtAttributes(entries, unlooked, { root, pool, signal })),
    ];
  } finally {
    await pool.close();
  }
}

function changesOf(
  comparison: Comparison,
  entries: EntryTable,
  { removed, matched }: KeepingCursor,
): readonly PathChange[] {
  const gone = new Map(removed.map((item) => [item.entry.path, item]));
  const changes = [...comparison.changes()].map(({ path, kind, reasons }): PathChange => {
    const i = kind === 'removed' ? undefined : entries.find(path);
    const before = i === undefined ? gone.get(path) : matched.get(i);
    const after: Side | undefined =
      i === undefined ? undefined : { entry: entries.at(i), hash: entries.hash(i) };
    return { kind, path, reasons, before, after };
  });
  // The root itself is no path of the tree.
  return changes.filter(({ path }) => path !== '').toSorted((a, b) => comparePaths(a.path, b.path));
}
