import type { ArchiveFormat } from '../../base/archive-format.ts';
import type { At, IndexEntry } from '../../series/index/index-line.ts';
import type { StoredTree } from '../../series/script/restore-parts.ts';
import { type BytePath, comparePaths } from '../../tree/path.ts';

/** A tree as an index has it. @param items - All entries, in path order. */
export function itemTree(items: readonly IndexEntry[], format: ArchiveFormat): StoredTree {
  const item = (i: number): IndexEntry => {
    const found = items[i];
    if (found === undefined) throw new RangeError(`no entry ${i} of ${items.length}`);
    return found;
  };
  /** Where the content of an entry lies, when it is its own: a zip has no further names. */
  const own = (i: number): At | undefined => {
    const { entry, at } = item(i);
    return entry.hardlink === undefined || format === 'zip' ? at : undefined;
  };
  const slots = new Map<string, number>();
  return {
    length: items.length,
    find: (path) => find(items, path),
    path: (i) => item(i).entry.path,
    type: (i) => item(i).entry.type,
    meta: (i) => item(i).entry,
    attributes: (i) => item(i).entry.attributes,
    slot: (i) => {
      const at = own(i);
      if (at === undefined) return undefined;
      const [archive, offset, , skip] = at;
      const key = `${archive} ${offset} ${skip}`;
      const slot = slots.get(key) ?? slots.size;
      slots.set(key, slot);
      return slot;
    },
    archive: (i) => own(i)?.[0] ?? -1,
    marks: (i) => item(i),
  };
}

function find(items: readonly IndexEntry[], path: BytePath): number | undefined {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (comparePaths(items[middle]?.entry.path ?? path, path) < 0) low = middle + 1;
    else high = middle;
  }
  return items[low]?.entry.path === path ? low : undefined;
}
