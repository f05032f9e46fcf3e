import { describe, expect, it } from 'vitest';
import type { Agreed, Item } from '../../sync/item.ts';
import type { PairSides } from '../../sync/past-file.ts';
import type { Listing } from '../../sync/side.ts';
import type { BytePath } from '../../tree/path.ts';
import { hasMoved, withAwayParts } from './changed-roots.ts';

const ITEM: Item = { type: 'file', size: 1, mtimeMs: 0, mode: undefined, target: undefined, tag: '' };
const AGREED: Agreed = { type: 'file', hash: 'x', target: undefined, here: ITEM, there: ITEM };
const PAST = new Map([['m/file' as BytePath, AGREED]]);

type Mounts = readonly (readonly [string, string])[];

function mountsOf(mounts: Mounts): ReadonlyMap<BytePath, string> {
  return new Map(mounts.map(([path, id]) => [path as BytePath, id]));
}

function listing(mounts: Mounts): Listing {
  return { items: new Map(), problems: [], isLeftOut: () => false, mounts: mountsOf(mounts), parts: [] };
}

function sidesOf(change: Partial<PairSides> = {}): PairSides {
  const mounts = [new Map(), new Map()] as const;
  return { addresses: ['/a', '/b'], ids: ['1', '2'], tags: ['3', undefined], mounts, ...change };
}

describe('withAwayParts()', () => {
  it.each<[string, Mounts, Mounts, string[], Mounts]>([
    ['the same disk', [['m', 'one']], [['m', 'one']], [], [['m', 'one']]],
    // Which one it was is remembered on: the next time it is away still.
    ['no disk', [['m', 'one']], [], ['m'], [['m', 'one']]],
    ['another disk', [['m', 'one']], [['m', 'two']], ['m'], [['m', 'one']]],
    ['a disk over what is known', [], [['m', 'one']], ['m'], []],
    ['a disk where nothing was', [], [['n', 'one']], [], [['n', 'one']]],
  ])('%s', (_, before, now, unknown, after) => {
    for (const side of ['here', 'there'] as const) {
      const mounts = [
        mountsOf(side === 'here' ? before : []),
        mountsOf(side === 'there' ? before : []),
      ] as const;
      const stored = { sides: sidesOf({ mounts }), past: PAST, hasJournal: false };
      const listings = { here: listing([]), there: listing([]), [side]: listing(now) };
      const seen = withAwayParts(listings, stored, false);
      expect(seen[side].problems.map(({ path, kind }) => [path, kind])).toEqual(
        unknown.map((path) => [path, 'trouble']),
      );
      expect([...seen[side].mounts]).toEqual(after);
      expect(seen[side === 'here' ? 'there' : 'here'].problems).toEqual([]);
      expect(withAwayParts(listings, stored, true)).toBe(listings);
    }
  });
});

it.each<[string, Partial<PairSides>, boolean]>([
  ['nothing', {}, false],
  ['its addresses alone', { addresses: ['/a', '/c'] }, false],
  ['an id', { ids: ['1', '3'] }, true],
  ['a tag', { tags: ['3', '4'] }, true],
  ['a mount', { mounts: [new Map(), new Map([['m' as BytePath, 'one']])] }, true],
])('a pair of which %s is another is to be written down anew: %o %s', (_, change, isOther) => {
  const stored = { sides: sidesOf(), past: PAST, hasJournal: false };
  expect(hasMoved(stored, sidesOf(change))).toBe(isOther);
  expect(hasMoved({ ...stored, sides: sidesOf(change) }, sidesOf())).toBe(isOther);
  expect(hasMoved({ ...stored, sides: undefined }, sidesOf())).toBe(true);
});
