import type { StoredTree } from '../../series/script/restore-parts.ts';
import type { EntryTable } from '../../tree/entry-table.ts';
import type { Stored } from './stored.ts';

/** A scanned tree and where its content lies. @param missing - Entries that are not in the snapshot. */
export function packedTree(entries: EntryTable, stored: Stored, missing: ReadonlySet<number>): StoredTree {
  return {
    length: entries.length,
    find: (path) => entries.find(path),
    path: (i) => entries.path(i),
    type: (i) => entries.type(i),
    meta: (i) => entries.at(i),
    attributes: (i) => (missing.has(i) ? undefined : entries.attributes(i)),
    slot: (i) => (missing.has(i) ? undefined : stored.slot(i)),
    archive: (i) => stored.contents.archive(stored.slot(i) ?? -1),
    marks: (i) => stored.marks(i),
  };
}
