// What RESTORE.txt has to do beside extracting archives, for one tree.
import { sameAttributes } from '../../base/attributes.ts';
import type { ArchiveFormat } from '../../base/archive-format.ts';
import { isZipTime } from '../../format/zip/zip-time.ts';
import { planRestore, type StoredFile, type WantedTree } from '../../series/script/plan-script.ts';
import type { Meta, RestoreParts } from '../../series/script/write-script.ts';
import type { EntryTable } from '../../tree/entry-table.ts';
import type { BytePath } from '../../tree/path.ts';
import type { Stored } from './stored.ts';

/**
 * @param missing - Entries that are not in the snapshot.
 * @param dead - Slots in its archives that no entry has.
 */
export function restoreParts(
  entries: EntryTable,
  stored: Stored,
  missing: ReadonlySet<number>,
  dead: readonly number[],
  format: ArchiveFormat,
): RestoreParts {
  const moved: StoredFile[] = [];
  const files: Meta[] = [];
  const folders: Meta[] = [];
  const has = (i: number): boolean => !missing.has(i) && stored.slot(i) !== undefined;
  const fileOf = (i: number): StoredFile => {
    const slot = stored.slot(i) ?? -1;
    const path = entries.path(i);
    return { path, member: stored.marks(i).member ?? path, archive: stored.contents.archive(slot), slot };
  };
  let hasAttributes = false;
  for (let i = 0; i < entries.length; i++) {
    const isLabelled = !missing.has(i) && !sameAttributes(entries.attributes(i), '');
    hasAttributes ||= isLabelled;
    if (has(i)) {
      const { member, stale, kept } = stored.marks(i);
      if (member !== undefined) moved.push(fileOf(i));
      const isOther = stale === true || kept !== undefined;
      const isBeyondZip = format === 'zip' && (isLabelled || !isZipTime(entries.at(i).mtimeNs));
      if (isOther || isBeyondZip) files.push(entries.at(i));
    } else if (format === 'zip' && entries.type(i) === 'folder' && entries.path(i) !== '') {
      folders.push(entries.at(i));
    }
  }
  const tree: WantedTree = {
    isFolder: (path) => {
      const i = entries.find(path);
      return i !== undefined && entries.type(i) === 'folder';
    },
    file: (path) => {
      const i = entries.find(path);
      return i !== undefined && has(i) ? fileOf(i) : undefined;
    },
    below: (folder) => below(entries, folder, has, fileOf),
  };
  const members = dead.map((slot) => ({ path: stored.name(slot), archive: stored.contents.archive(slot) }));
  return { plan: planRestore(moved, members, tree), files, folders: folders.toReversed(), hasAttributes };
}

function below(
  entries: EntryTable,
  folder: BytePath,
  has: (i: number) => boolean,
  fileOf: (i: number) => StoredFile,
): ReturnType<WantedTree['below']> {
  const files: StoredFile[] = [];
  const folders: BytePath[] = [];
  const start = entries.find(folder) ?? entries.length;
  for (let i = start + 1; i < entries.length && entries.path(i).startsWith(`${folder}/`); i++) {
    if (has(i)) files.push(fileOf(i));
    else if (entries.type(i) === 'folder') folders.push(entries.path(i));
  }
  return { files, folders };
}
