import { describe, expect, it } from 'vitest';
import { Holdings } from '../../serve/library/holdings.ts';
import type { BytePath } from '../../tree/path.ts';
import { planRound, type RoundPlan, withheld } from './plan-round.ts';
import type { RemoteChanges } from './remote-changes.ts';

/** Contents by path, each a word. */
type Files = Readonly<Record<string, string>>;

function holding(files: Files): Holdings {
  const holdings = new Holdings();
  for (const [path, blake3] of Object.entries(files))
    holdings.put({ path: path as BytePath, size: 1, mtimeMs: 1000, inode: 0, blake3, n: 1 });
  return holdings;
}

function changes(puts: Files, removed: readonly string[] | 'all others', modifiedMs = 1000): RemoteChanges {
  const isFull = removed === 'all others';
  const gone = isFull ? [] : removed.map((path) => [path as BytePath, 2] as const);
  const files = Object.entries(puts).map(([name, blake3]) => {
    const path = name as BytePath;
    return [path, { path, n: 2, size: 1, modifiedMs, blake3 }] as const;
  });
  return { isFull, puts: new Map(files), removed: new Map(gone), refused: [], n: 2 };
}

/** In short. */
function shown(plan: RoundPlan): object {
  const { fromHere, toFetch, gone, moved, leave, replaced, retimes } = plan;
  const all = {
    moves: fromHere.filter(({ isMove }) => isMove).map(({ file, from }) => `${from.path} > ${file.path}`),
    copies: fromHere.filter(({ isMove }) => !isMove).map(({ file, from }) => `${from.path} > ${file.path}`),
    fetches: toFetch.map(({ files }) => files.map(({ path }) => path).join(' ')),
    gone,
    moved: [...moved],
    leave,
    replaced,
    retimes: retimes.map(({ path }) => path),
  };
  return Object.fromEntries(Object.entries(all).filter(([, list]) => list.length > 0));
}

describe('planRound()', () => {
  it.each<[string, Files, Files, readonly string[] | 'all others', object]>([
    ['fetches what is nowhere, once', {}, { a: 'A', b: 'A', c: 'C' }, [], { fetches: ['a b', 'c'] }],
    ['does nothing to what is the same', { a: 'A' }, { a: 'A' }, [], {}],
    ['leaves what nobody speaks of', { a: 'A', b: 'B' }, {}, ['b'], { gone: ['b'] }],
    [
      'of all files, lets go what is not among them',
      { a: 'A', b: 'B' },
      { a: 'A' },
      'all others',
      { gone: ['b'] },
    ],
    ['knows nothing of what is not here', { a: 'A' }, {}, ['x'], {}],
    ['replaces', { a: 'A' }, { a: 'B' }, [], { fetches: ['a'], replaced: ['a'] }],
    ['moves', { a: 'A' }, { b: 'A' }, ['a'], { moves: ['a > b'], moved: ['a'], leave: ['a'] }],
    [
      'copies from what stays',
      { a: 'A', b: 'A' },
      { c: 'A' },
      ['b'],
      { moves: ['b > c'], moved: ['b'], leave: ['b'] },
    ],
    ['copies', { a: 'A' }, { c: 'A' }, [], { copies: ['a > c'] }],
    [
      'moves one of two, and copies the other',
      { a: 'A' },
      { b: 'A', c: 'A' },
      ['a'],
      { moves: ['a > b'], copies: ['a > c'], moved: ['a'], leave: ['a'] },
    ],
    [
      'gives two names in turn',
      { a: 'A', b: 'B' },
      { a: 'B', b: 'A' },
      [],
      { moves: ['b > a', 'a > b'], moved: ['b', 'a'], replaced: ['a', 'b'] },
    ],
    [
      'frees a name that is to be a folder, before',
      { a: 'A' },
      { 'a/b': 'A' },
      ['a'],
      { moves: ['a > a/b'], gone: ['a'] },
    ],
    [
      'empties a folder that is to be a file, before',
      { 'a/b': 'A' },
      { a: 'A' },
      ['a/b'],
      { moves: ['a/b > a'], gone: ['a/b'] },
    ],
  ])('%s', (_, here, puts, removed, expected) => {
    expect(shown(planRound(changes(puts, removed), holding(here)))).toEqual(expected);
  });

  it('sets a time that is another one by a millisecond', () => {
    const here = holding({ a: 'A' });
    expect(shown(planRound(changes({ a: 'A' }, [], 1001), here))).toEqual({ retimes: ['a'] });
    expect(shown(planRound(changes({ a: 'A' }, [], 1000.4), here))).toEqual({});
  });
});

describe('withheld()', () => {
  const plan = planRound(
    changes({ b: 'A', c: 'X', e: 'D', n: 'N' }, 'all others'),
    holding({ a: 'A', c: 'C', d: 'D', e: 'E', z: 'Z' }),
  );

  it('removes nothing that is not moved', () => {
    expect(shown(withheld(plan, false))).toEqual({
      moves: ['a > b', 'd > e'],
      fetches: ['c', 'n'],
      moved: ['a', 'd'],
      leave: ['a', 'd'],
      replaced: ['c', 'e'],
    });
  });

  it('of another library replaces nothing, and takes no name away whose content gets no other', () => {
    expect(shown(withheld(plan, true))).toEqual({
      moves: ['a > b'],
      fetches: ['n'],
      moved: ['a'],
      leave: ['a'],
    });
  });

  it('of another library moves nothing away from a name that is to get other content', () => {
    const other = planRound(changes({ c: 'X', y: 'C' }, []), holding({ c: 'C' }));
    expect(shown(other)).toMatchObject({ moves: ['c > y'], replaced: ['c'] });
    expect(shown(withheld(other, true))).toEqual({});
  });
});
