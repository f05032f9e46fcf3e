import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BytePath, comparePaths, parentOf } from '../tree/path.ts';
import type { Agreed, Seen } from './item.ts';
import { type Action, outcome, planSync } from './plan.ts';
import type { Sight } from './see.ts';

const EVEN = { aheadMs: 0, uncertainMs: 0 };
const NO_FOLD = { here: false, there: false };

type Tree = ReadonlyMap<string, Seen>;

function seen(what: string): Seen {
  const isFolder = what === '/';
  const isLink = what.startsWith('@');
  return {
    type: isFolder ? 'folder' : isLink ? 'link' : 'file',
    size: isFolder || isLink ? 0 : 1,
    mtimeMs: 0,
    mode: undefined,
    target: isLink ? (what.slice(1) as BytePath) : undefined,
    tag: '',
    hash: isFolder || isLink ? undefined : what,
  };
}

function treeOf(all: Readonly<Record<string, string>>): Tree {
  return new Map(Object.entries(all).map(([path, what]) => [path, seen(what)]));
}

function sightsOf(past: Tree, here: Tree, there: Tree): Sight[] {
  const paths = [...new Set([...past.keys(), ...here.keys(), ...there.keys()])] as BytePath[];
  return paths.toSorted(comparePaths).map((path) => {
    const before = past.get(path);
    const agreed: Agreed | undefined = before && { ...before, here: before, there: before };
    return { path, past: agreed, here: here.get(path), there: there.get(path) };
  });
}

function planned(
  past: Readonly<Record<string, string>>,
  here: Readonly<Record<string, string>>,
  there: Readonly<Record<string, string>>,
  folds = NO_FOLD,
): string[] {
  const actions = planSync(sightsOf(treeOf(past), treeOf(here), treeOf(there)), EVEN, folds);
  return actions.flatMap(({ path, decision }) => {
    if (['nothing', 'note', 'leave'].includes(decision.do)) return [];
    const side = 'to' in decision ? decision.to : 'on' in decision ? decision.on : '';
    return `${decision.do} ${side} ${'from' in decision ? `${decision.from} ` : ''}${path}`.replace(
      '  ',
      ' ',
    );
  });
}

/** A tree: a path whose folder is a file, or is not there, is none. */
const trees = fc
  .dictionary(
    fc.constantFrom('a', 'b', 'a/x', 'a/y', 'b/x', 'a/x/z'),
    fc.constantFrom('1', '2', '3', '/', '@t'),
  )
  .map((all) => {
    const tree = new Map<string, Seen>();
    for (const [path, what] of Object.entries(all).toSorted(([a], [b]) =>
      comparePaths(a as BytePath, b as BytePath),
    )) {
      const parent = parentOf(path as BytePath);
      if (parent === '' || tree.get(parent)?.type === 'folder') tree.set(path, seen(what));
    }
    return tree;
  });

function afterwards(actions: readonly Action[], side: 'here' | 'there'): Tree {
  return new Map(
    actions.flatMap((action) => {
      const item = outcome(action, side);
      return item === undefined ? [] : [[String(action.path), item] as const];
    }),
  );
}

describe('planSync()', () => {
  it('leaves trees that are trees, equal but for what is kept apart', () => {
    fc.assert(
      fc.property(trees, trees, trees, (past, here, there) => {
        const actions = planSync(sightsOf(past, here, there), EVEN, NO_FOLD);
        const apart = new Set(
          actions.filter(({ decision }) => decision.do === 'apart').map(({ path }) => String(path)),
        );
        for (const side of ['here', 'there'] as const) {
          const after = afterwards(actions, side);
          for (const path of after.keys()) {
            const parent = parentOf(path as BytePath);
            if (parent !== '') expect([path, after.get(parent)?.type]).toEqual([path, 'folder']);
          }
        }
        const [a, b] = [afterwards(actions, 'here'), afterwards(actions, 'there')];
        const same = (tree: Tree): unknown =>
          [...tree]
            .filter(([path]) => !apart.has(path))
            .map(([path, { type, hash, target }]) => ({ path, type, hash, target }));
        expect(same(a)).toEqual(same(b));
      }),
      { numRuns: 3000 },
    );
  });

  it('has nothing left to do after it was done', () => {
    fc.assert(
      fc.property(trees, trees, trees, (past, here, there) => {
        const actions = planSync(sightsOf(past, here, there), EVEN, NO_FOLD);
        if (actions.some(({ decision }) => decision.do === 'apart')) return;
        const after = afterwards(actions, 'here');
        const next = planSync(sightsOf(after, after, afterwards(actions, 'there')), EVEN, NO_FOLD);
        expect(next.filter(({ decision }) => decision.do !== 'nothing')).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it.each<[string, Record<string, string>, Record<string, string>, Record<string, string>, string[]]>([
    [
      'keeps a folder that is deleted here and in which something is new there',
      { d: '/', 'd/a': '1' },
      {},
      { d: '/', 'd/a': '1', 'd/b': '2' },
      ['copy here d', 'delete there d/a', 'copy here d/b'],
    ],
    ['moves what has a new name', { a: '1' }, { b: '1' }, { a: '1' }, ['move there a b']],
    [
      'moves each of two files with one content once',
      { a: '1', b: '1' },
      { c: '1' },
      { a: '1', b: '1' },
      ['delete there a', 'move there b c'],
    ],
    [
      'moves what has two new names to one of them',
      { a: '1' },
      { b: '1', c: '1' },
      { a: '1' },
      ['move there a b', 'copy there c'],
    ],
    [
      'does not move what has changed there',
      { a: '1' },
      { b: '1' },
      { a: '2' },
      ['copy here a', 'copy there b'],
    ],
    [
      'keeps a folder apart that becomes a file while something in it changes',
      { d: '/', 'd/a': '1' },
      { d: '2' },
      { d: '/', 'd/a': '3' },
      ['apart d', 'apart d/a'],
    ],
    [
      'lets a folder become a file',
      { d: '/', 'd/a': '1' },
      { d: '2' },
      { d: '/', 'd/a': '1' },
      ['copy there d', 'delete there d/a'],
    ],
  ])('%s', (_, past, here, there, plan) => {
    expect(planned(past, here, there)).toEqual(plan);
  });

  it('makes none of two names that a side takes for one', () => {
    const folds = { here: false, there: true };
    expect(planned({}, { 'a.txt': '1', 'A.txt': '2', b: '3' }, {}, folds)).toEqual([
      'apart A.txt',
      'apart a.txt',
      'copy there b',
    ]);
    expect(planned({ 'A.txt': '1' }, { 'A.txt': '1', 'a.txt': '2' }, { 'A.txt': '1' }, folds)).toEqual([
      'apart a.txt',
    ]);
    expect(planned({ 'A.txt': '1' }, { 'a.txt': '1' }, { 'A.txt': '1' }, folds)).toEqual([
      'move there A.txt a.txt',
    ]);
    expect(planned({ d: '/', 'd/a': '1' }, { D: '/', 'D/a': '1' }, { d: '/', 'd/a': '1' }, folds)).toEqual([
      'move there d D',
      'move there d/a D/a',
    ]);
    expect(planned({}, { 'a.txt': '1', 'A.txt': '2' }, {})).toEqual(['copy there A.txt', 'copy there a.txt']);
  });
});
