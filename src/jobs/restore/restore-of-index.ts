// What RESTORE.txt has to do beside extracting archives, by what an index says.
import { sameAttributes } from '../../base/attributes.ts';
import type { ArchiveFormat } from '../../base/archive-format.ts';
import { isZipTime } from '../../format/zip/zip-time.ts';
import type { DeadMember, IndexEntry } from '../../series/index/index-line.ts';
import { planRestore, type StoredFile, type WantedTree } from '../../series/script/plan-script.ts';
import type { Meta, RestoreParts } from '../../series/script/write-script.ts';
import { type BytePath, comparePaths } from '../../tree/path.ts';

/** @param items - All entries, in path order. */
export function restoreOfIndex(
  items: readonly IndexEntry[],
  dead: readonly DeadMember[],
  format: ArchiveFormat,
): RestoreParts {
  const tree = new ItemTree(items, format);
  const moved: StoredFile[] = [];
  const files: Meta[] = [];
  const folders: Meta[] = [];
  let hasAttributes = false;
  for (const item of items) {
    const { entry, member, stale, kept } = item;
    const isLabelled = !sameAttributes(entry.attributes, '');
    hasAttributes ||= isLabelled;
    const file = tree.stored(item);
    if (file !== undefined) {
      if (member !== undefined) moved.push(file);
      const isOther = stale === true || kept !== undefined;
      const isBeyondZip = format === 'zip' && (isLabelled || !isZipTime(entry.mtimeNs));
      if (isOther || isBeyondZip) files.push(entry);
    } else if (format === 'zip' && entry.type === 'folder' && entry.path !== '') folders.push(entry);
  }
  const members = dead.map(({ path, at }) => ({ path, archive: at[0] }));
  return { plan: planRestore(moved, members, tree), files, folders: folders.toReversed(), hasAttributes };
}

class ItemTree implements WantedTree {
  readonly #items: readonly IndexEntry[];
  readonly #format: ArchiveFormat;
  /** A number for each place. */
  readonly #slots = new Map<string, number>();

  constructor(items: readonly IndexEntry[], format: ArchiveFormat) {
    this.#items = items;
    this.#format = format;
  }

  /** The content of an entry, when it is its own. */
  stored({ entry, at, member }: IndexEntry): StoredFile | undefined {
    if (at === undefined || (entry.hardlink !== undefined && this.#format !== 'zip')) return undefined;
    const [archive, offset, , skip] = at;
    const key = `${archive} ${offset} ${skip}`;
    const slot = this.#slots.get(key) ?? this.#slots.size;
    this.#slots.set(key, slot);
    return { path: entry.path, member: member ?? entry.path, archive, slot };
  }

  isFolder(path: BytePath): boolean {
    return this.#find(path)?.entry.type === 'folder';
  }

  file(path: BytePath): StoredFile | undefined {
    const item = this.#find(path);
    return item === undefined ? undefined : this.stored(item);
  }

  below(folder: BytePath): ReturnType<WantedTree['below']> {
    const files: StoredFile[] = [];
    const folders: BytePath[] = [];
    for (let i = this.#lowerBound(folder) + 1; i < this.#items.length; i++) {
      const item = this.#items[i];
      if (item?.entry.path.startsWith(`${folder}/`) !== true) break;
      const file = this.stored(item);
      if (file !== undefined) files.push(file);
      else if (item.entry.type === 'folder') folders.push(item.entry.path);
    }
    return { files, folders };
  }

  #find(path: BytePath): IndexEntry | undefined {
    const item = this.#items[this.#lowerBound(path)];
    return item?.entry.path === path ? item : undefined;
  }

  #lowerBound(path: BytePath): number {
    let [low, high] = [0, this.#items.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (comparePaths(this.#items[middle]?.entry.path ?? path, path) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
