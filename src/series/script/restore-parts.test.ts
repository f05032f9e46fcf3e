import { describe, expect, it } from 'vitest';
import type { EntryType } from '../../tree/entry.ts';
import { type BytePath, fromText } from '../../tree/path.ts';
import type { IndexEntry } from '../index/index-line.ts';
import { restoreParts, type StoredTree } from './restore-parts.ts';
import type { RestoreParts } from './write-script.ts';

/** An entry; a file has its content in the archive of this number, as the member that is called so. */
interface Given extends Pick<IndexEntry, 'stale' | 'kept'> {
  readonly type?: EntryType;
  readonly archive?: number;
  readonly member?: string;
  readonly mtimeNs?: bigint;
  readonly attributes?: string;
}

/** @param given - By path, in path order. */
function treeOf(given: Readonly<Record<string, Given>>): StoredTree {
  const all = Object.entries(given);
  const one = (i: number): Given => all[i]?.[1] ?? {};
  const path = (i: number): BytePath => fromText(all[i]?.[0] ?? '');
  const members = all.map(([name, { archive, member = name }]) => `${archive} ${member}`);
  return {
    length: all.length,
    find: (wanted) => {
      const i = all.findIndex((_, n) => path(n) === wanted);
      return i < 0 ? undefined : i;
    },
    path,
    type: (i) => one(i).type ?? 'file',
    meta: (i) => ({ path: path(i), mode: 0o644, uid: 0, gid: 0, mtimeNs: one(i).mtimeNs ?? 0n }),
    attributes: (i) => one(i).attributes ?? '',
    slot: (i) => (one(i).archive === undefined ? undefined : members.indexOf(members[i] ?? '')),
    archive: (i) => one(i).archive ?? -1,
    marks: (i) => {
      const { member, stale, kept } = one(i);
      return { member: member === undefined ? undefined : fromText(member), stale, kept };
    },
  };
}

function pathsOf(list: RestoreParts['files']): readonly string[] {
  return list.map(({ path }) => path);
}

const IN_TIME = 1_700_000_000_000_000_000n;
const FOLDER: Given = { type: 'folder', mtimeNs: IN_TIME };
const FILE: Given = { archive: 0, mtimeNs: IN_TIME };

describe('restoreParts()', () => {
  const tree = treeOf({
    '': FOLDER,
    a: FILE,
    kept: { ...FILE, kept: 'as it was' },
    late: { ...FILE, mtimeNs: 10n ** 19n },
    outer: FOLDER,
    'outer/inner': FOLDER,
    'outer/link': { type: 'link' },
    stale: { ...FILE, stale: true },
  });

  it('sets files right of which an archive says something else, and of a zip what no zip can say', () => {
    expect(pathsOf(restoreParts(tree, [], 'tar.zst').files)).toEqual(['kept', 'stale']);
    expect(pathsOf(restoreParts(tree, [], 'zip').files)).toEqual(['kept', 'late', 'stale']);
  });

  it('sets the folders of a zip right, those inside others first, and not the one that is restored into', () => {
    expect(pathsOf(restoreParts(tree, [], 'zip').folders)).toEqual(['outer/inner', 'outer']);
    expect(restoreParts(tree, [], 'tar.zst').folders).toEqual([]);
  });

  it('makes way for a member where a folder is, with all that is in it, and nothing beside it', () => {
    const files = { 'd/e/f': FILE, d0: FILE };
    const folders = { '': FOLDER, d: FOLDER, 'd/e': FOLDER };
    const { plan } = restoreParts(
      treeOf({ ...folders, ...files, z: { ...FILE, archive: 1 } }),
      [{ path: fromText('d'), archive: 1 }],
      'tar.zst',
    );
    expect(plan.after.get(0)).toEqual([{ do: 'aside', n: 1, path: 'd/e/f' }]);
    expect(plan.before.get(1)).toEqual([
      { do: 'tidy', path: 'd/e' },
      { do: 'tidy', path: 'd' },
    ]);
    expect(plan.last).toEqual([{ do: 'place', n: 1, path: 'd/e/f' }]);
  });

  it('knows whether anything has attributes', () => {
    expect(restoreParts(tree, [], 'tar.zst').hasAttributes).toBe(false);
    const attributes = 'user.a=eA==';
    for (const labelled of [
      treeOf({ '': { ...FOLDER, attributes } }),
      treeOf({ a: { ...FILE, attributes } }),
    ])
      expect(restoreParts(labelled, [], 'tar.zst').hasAttributes).toBe(true);
  });
});
