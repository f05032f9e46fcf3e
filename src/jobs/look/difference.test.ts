import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../tree/entry.ts';
import { type BytePath, comparePaths, parentOf } from '../../tree/path.ts';
import type { PathChange, Side } from './branches.ts';
import { countDifferences, type Difference, findMoves, toBackUp } from './difference.ts';

/** By path: a file's content, or `/` for a folder. */
type Tree = ReadonlyMap<string, string>;

function sideOf(path: string, content: string, mode = 0o644): Side {
  const isFolder = content === '/';
  const entry: Entry = {
    path: path as BytePath,
    type: isFolder ? 'folder' : 'file',
    size: isFolder ? 0 : content.length,
    mode,
    uid: 0,
    gid: 0,
    mtimeNs: 0n,
    ctimeNs: 0n,
    inode: 0n,
    target: undefined,
    hardlink: undefined,
  };
  return { entry, hash: isFolder ? undefined : Buffer.alloc(32, content === '' ? '-' : content) };
}

function link(path: string, says: string): Side {
  const { entry } = sideOf(path, '');
  return { entry: { ...entry, type: 'link', target: says as BytePath }, hash: undefined };
}

/** `paths` with the folders that they need. */
function treeOf(files: Readonly<Record<string, string>>): Tree {
  const tree = new Map<string, string>();
  for (const [path, content] of Object.entries(files)) {
    for (let folder = parentOf(path as BytePath); folder !== ''; folder = parentOf(folder))
      tree.set(folder, '/');
    if (!tree.has(path)) tree.set(path, content);
  }
  // What was a file, and turned out to be a folder of others, is one.
  return tree;
}

function changesOf(before: Tree, after: Tree): PathChange[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])] as BytePath[];
  return paths.toSorted(comparePaths).flatMap((path): PathChange[] => {
    const [old, now] = [before.get(path), after.get(path)];
    if (old === now) return [];
    const sides = {
      before: old === undefined ? undefined : sideOf(path, old),
      after: now === undefined ? undefined : sideOf(path, now),
    };
    if (old === undefined) return [{ kind: 'added', path, reasons: [], ...sides }];
    if (now === undefined) return [{ kind: 'removed', path, reasons: [], ...sides }];
    const isType = (old === '/') !== (now === '/');
    return [{ kind: 'modified', path, reasons: [isType ? 'type' : 'content'], ...sides }];
  });
}

function told(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly string[] {
  return findMoves(changesOf(treeOf(before), treeOf(after))).map((one) =>
    one.kind === 'moved' ? `${one.from} -> ${one.path}` : `${one.kind} ${one.path}`,
  );
}

function change(kind: 'added' | 'removed', side: Side): PathChange {
  const [before, after] = kind === 'added' ? [undefined, side] : [side, undefined];
  return { kind, path: side.entry.path, reasons: [], before, after };
}

function below(all: Tree, folder: string): readonly string[] {
  return [...all.keys()].filter((one) => one === folder || one.startsWith(`${folder}/`));
}

/** Every path that came or went, as without moves. */
function spread(differences: readonly Difference[], before: Tree, after: Tree): ReadonlySet<string> {
  return new Set(
    differences.flatMap((one) =>
      one.kind === 'moved'
        ? [
            ...below(before, one.from).map((gone) => `removed ${gone}`),
            ...below(after, one.path).map((come) => `added ${come}`),
          ]
        : [`${one.kind} ${one.path}`],
    ),
  );
}

describe('findMoves()', () => {
  it.each<[string, Record<string, string>, Record<string, string>, string[]]>([
    ['a file', { a: 'x' }, { b: 'x' }, ['a -> b']],
    ['a file to another folder', { a: 'x', 'f/z': 'z' }, { 'f/a': 'x', 'f/z': 'z' }, ['a -> f/a']],
    ['a folder in one line', { 'f/a': 'x', 'f/b': 'y' }, { 'g/a': 'x', 'g/b': 'y' }, ['f -> g']],
    [
      'a folder with folders and empty files',
      { 'f/s/a': 'x', 'f/s/e': '', 'f/t/e': '' },
      { 'g/s/a': 'x', 'g/s/e': '', 'g/t/e': '' },
      ['f -> g'],
    ],
    [
      'a folder within another',
      { 'p/f/a': 'x', 'p/k': 'k' },
      { 'q/f/a': 'x', 'p/k': 'k' },
      ['added q', 'p/f -> q/f'],
    ],
    [
      'no folder when a file is gone',
      { 'f/a': 'x', 'f/b': 'y' },
      { 'g/a': 'x' },
      ['removed f', 'removed f/b', 'added g', 'f/a -> g/a'],
    ],
    [
      'no folder when a file is new',
      { 'f/a': 'x' },
      { 'g/a': 'x', 'g/b': 'y' },
      ['removed f', 'added g', 'f/a -> g/a', 'added g/b'],
    ],
    [
      'the file that keeps its name',
      { 'f/a': 'x', 'f/b': 'x', k: 'k' },
      { 'h/b': 'x', 'i/a': 'x', k: 'k', 'h/z': 'z', 'i/z': 'z' },
      ['removed f', 'added h', 'f/b -> h/b', 'added h/z', 'added i', 'f/a -> i/a', 'added i/z'],
    ],
    ['as many as there are', { a: 'x', b: 'x' }, { c: 'x' }, ['removed b', 'a -> c']],
    ['the first of those that it may be', { a: 'x' }, { b: 'x', c: 'x' }, ['a -> b', 'added c']],
    ['no empty files', { a: '' }, { b: '' }, ['removed a', 'added b']],
    ['no copies', { a: 'x' }, { a: 'x', b: 'x' }, ['added b']],
  ])('tells %s', (_, before, after, expected) => {
    expect(told(before, after)).toEqual(expected);
  });

  it.each([
    ['file', ['moved b']],
    ['other', ['removed a', 'removed a/link', 'added b', 'moved b/file', 'added b/link']],
  ])('keeps apart a folder in which a link leads elsewhere, as to %s', (says, all) => {
    const differences = findMoves([
      change('removed', sideOf('a', '/')),
      change('removed', sideOf('a/file', 'x')),
      change('removed', link('a/link', 'file')),
      change('added', sideOf('b', '/')),
      change('added', sideOf('b/file', 'x')),
      change('added', link('b/link', says)),
    ]);
    expect(differences.map(({ kind, path }) => `${kind} ${path}`)).toEqual(all);
  });

  it('says when the mode changed on the way, and keeps apart a folder in which one did', () => {
    const moved = findMoves([change('removed', sideOf('a', 'x')), change('added', sideOf('b', 'x', 0o600))]);
    expect(moved).toMatchObject([{ kind: 'moved', reasons: ['mode'] }]);
    const inside = findMoves([
      change('removed', sideOf('f', '/')),
      change('removed', sideOf('f/a', 'x')),
      change('added', sideOf('g', '/')),
      change('added', sideOf('g/a', 'x', 0o600)),
    ]);
    expect(inside.map(({ kind }) => kind)).toEqual(['removed', 'added', 'moved']);
  });

  const name = fc.constantFrom('a', 'b', 'c');
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
  const tree = fc.dictionary(path, fc.constantFrom('', 'x', 'y', 'zz'), { maxKeys: 8 }).map(treeOf);

  it('loses nothing, and leaves no file that could be told as moved', () => {
    fc.assert(
      fc.property(tree, tree, (before, after) => {
        const changes = changesOf(before, after);
        const differences = findMoves(changes);
        expect(spread(differences, before, after)).toEqual(
          new Set(changes.map(({ kind, path: at }) => `${kind} ${at}`)),
        );
        const left = (kind: string, all: Tree): ReadonlySet<string> =>
          new Set(differences.flatMap((one) => (one.kind === kind ? [all.get(one.path) ?? ''] : [])));
        const [gone, come] = [left('removed', before), left('added', after)];
        for (const content of ['x', 'y', 'zz']) expect(gone.has(content) && come.has(content)).toBe(false);
        const { added, removed, modified, moved } = countDifferences(differences);
        const movedFrom = changes.filter(({ kind }) => kind === 'removed').length - removed;
        expect({ moved, modified }).toEqual({
          moved: movedFrom,
          modified: changes.filter(({ kind }) => kind === 'modified').length,
        });
        expect(added + moved).toBe(changes.filter(({ kind }) => kind === 'added').length);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('toBackUp()', () => {
  it('counts new and changed files, but not what was moved or gone', () => {
    const before = treeOf({ a: 'old', moved: 'mm', gone: 'g' });
    const after = treeOf({ a: 'newer', there: 'mm', 'f/b': 'bbb', empty: '' });
    expect(toBackUp(findMoves(changesOf(before, after)))).toEqual({ files: 3, bytes: 8 });
  });
});
