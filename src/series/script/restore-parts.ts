// What RESTORE.txt has to do beside extracting archives, for one tree.
import type { ArchiveFormat } from '../../base/archive-format.ts';
import { sameAttributes } from '../../base/attributes.ts';
import { isZipTime } from '../../format/zip/zip-time.ts';
import type { EntryType } from '../../tree/entry.ts';
import type { BytePath } from '../../tree/path.ts';
import type { IndexEntry } from '../index/index-line.ts';
import { planRestore, type StoredFile, type WantedTree } from './plan-script.ts';
import type { Meta, RestoreParts } from './write-script.ts';

/** The entries of a snapshot by their numbers, in path order, and where their content lies. */
export interface StoredTree {
  readonly length: number;
  find(path: BytePath): number | undefined;
  path(i: number): BytePath;
  type(i: number): EntryType;
  meta(i: number): Meta;
  /** Extended attributes; undefined for an entry that is not in the snapshot. */
  attributes(i: number): string | undefined;
  /** A number for the place of its content, if it has its own in an archive: those with the same one share a member. */
  slot(i: number): number | undefined;
  /** Number of the archive with the content of an entry that has a slot. */
  archive(i: number): number;
  marks(i: number): Pick<IndexEntry, 'member' | 'stale' | 'kept'>;
}

/** @param dead - Members of its archives that no entry has. */
export function restoreParts(
  tree: StoredTree,
  dead: readonly Pick<StoredFile, 'path' | 'archive'>[],
  format: ArchiveFormat,
): RestoreParts {
  const moved: StoredFile[] = [];
  const files: Meta[] = [];
  const folders: Meta[] = [];
  let hasAttributes = false;
  for (let i = 0; i < tree.length; i++) {
    const isLabelled = !sameAttributes(tree.attributes(i), '');
    hasAttributes ||= isLabelled;
    if (tree.slot(i) !== undefined) {
      const { member, stale, kept } = tree.marks(i);
      if (member !== undefined) moved.push(fileOf(tree, i));
      const isOther = stale === true || kept !== undefined;
      const isBeyondZip = format === 'zip' && (isLabelled || !isZipTime(tree.meta(i).mtimeNs));
      if (isOther || isBeyondZip) files.push(tree.meta(i));
    } else if (format === 'zip' && tree.type(i) === 'folder' && tree.path(i) !== '') {
      folders.push(tree.meta(i));
    }
  }
  const plan = planRestore(moved, dead, wantedOf(tree));
  const known = new Set(files.map(({ path }) => path));
  // `cp` has no way to copy extended attributes that every system knows.
  for (const step of plan.last) {
    const i = step.do === 'copy' && !known.has(step.path) ? tree.find(step.path) : undefined;
    if (i !== undefined && !sameAttributes(tree.attributes(i), '')) files.push(tree.meta(i));
  }
  return {
    plan,
    files,
    folders: folders.toReversed(),
    hasAttributes,
  };
}

function fileOf(tree: StoredTree, i: number): StoredFile {
  const path = tree.path(i);
  return { path, member: tree.marks(i).member ?? path, archive: tree.archive(i), slot: tree.slot(i) ?? -1 };
}

function wantedOf(tree: StoredTree): WantedTree {
  return {
    isFolder: (path) => {
      const i = tree.find(path);
      return i !== undefined && tree.type(i) === 'folder';
    },
    file: (path) => {
      const i = tree.find(path);
      return i === undefined || tree.slot(i) === undefined ? undefined : fileOf(tree, i);
    },
    below: (folder) => {
      const files: StoredFile[] = [];
      const folders: BytePath[] = [];
      const start = tree.find(folder) ?? tree.length;
      for (let i = start + 1; i < tree.length && tree.path(i).startsWith(`${folder}/`); i++) {
        if (tree.slot(i) !== undefined) files.push(fileOf(tree, i));
        else if (tree.type(i) === 'folder') folders.push(tree.path(i));
      }
      return { files, folders };
    },
  };
}
