import type { IndexEntry } from '../../snapshot/index-line.ts';
import { EntryTable } from '../../tree/entry-table.ts';
import { type BytePath, comparePaths } from '../../tree/path.ts';
import type { Entry } from '../../tree/entry.ts';
import type { Previous } from './previous.ts';
import type { RowContext } from './row-context.ts';
import { compareWith, type Scanned } from './row-scan.ts';

/**
 * What lies in a folder that cannot be read, or cannot even be looked at, is not gone: it stays as the last
 * snapshot has it.
 *
 * @returns The tree with it, compared anew; the same when there is nothing of the kind.
 */
export async function carryOver(
  { series, options }: RowContext,
  previous: Previous,
  scanned: Scanned,
): Promise<{ previous: Previous; scanned: Scanned }> {
  const { tree } = scanned;
  const { newest } = previous;
  const unreadable = new Set(
    tree.problems.flatMap(({ kind, path }) => (kind === 'unreadable' ? [path] : [])),
  );
  if (unreadable.size === 0 || newest === undefined) return { previous, scanned };
  const carried: IndexEntry[] = [];
  for (const item of await series.entries(newest)) {
    if (isWithin(item.entry.path, unreadable) && tree.entries.find(item.entry.path) === undefined) {
      carried.push(item);
    }
  }
  if (carried.length === 0) return { previous, scanned };
  const entries = merged(tree.entries, carried);
  const cursor = await series.index(newest);
  const again = { ...previous, entries: cursor, holdings: cursor.holdings };
  const comparison = compareWith(again, entries, options.rehash);
  comparison.finish();
  for (const { entry, kept } of carried) {
    const i = entries.find(entry.path);
    if (i === undefined || entry.type !== 'file') continue;
    entries.replace(i, unseen(entry));
    cursor.holdings.keepAs(i, kept ?? newest.name);
  }
  return { previous: again, scanned: { tree: { ...tree, entries }, comparison } };
}

/**
 * As an index has an entry of which nobody knows whether it still is so: as soon as it can be read it is looked into,
 * whatever its times say, and is no more a copy that is only kept.
 */
export function unseen(entry: Entry): Entry {
  return { ...entry, ctimeNs: 0n, inode: 0n };
}

function isWithin(path: BytePath, folders: ReadonlySet<BytePath>): boolean {
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    if (folders.has(path.slice(0, end) as BytePath)) return true;
  }
  return false;
}

/** Both, in path order. */
function merged(entries: EntryTable, carried: readonly IndexEntry[]): EntryTable {
  const all = new EntryTable(entries.length + carried.length);
  let next = 0;
  for (let i = 0; i < entries.length; i++) {
    for (; next < carried.length; next++) {
      const item = carried[next];
      if (item === undefined || comparePaths(item.entry.path, entries.path(i)) > 0) break;
      all.push(item.entry);
    }
    all.push(entries.at(i));
  }
  for (const { entry } of carried.slice(next)) all.push(entry);
  return all;
}
