import { describe, expect, it } from 'vitest';
import type { BytePath } from '../tree/path.ts';
import type { Decision } from './decide.ts';
import { guardSync } from './guards.ts';
import type { Agreed, Item } from './item.ts';
import type { Action } from './plan.ts';
import type { Listing } from './side.ts';

const ITEM: Item = { type: 'file', size: 1, mtimeMs: 0, mode: undefined, target: undefined, tag: '' };
const AGREED: Agreed = { type: 'file', hash: 'x', target: undefined, here: ITEM, there: ITEM };

function paths(count: number): readonly BytePath[] {
  return Array.from({ length: count }, (_, i) => String(i) as BytePath);
}

function listing(files: number): Listing {
  const items = new Map(paths(files).map((path) => [path, ITEM]));
  return { items, problems: [], isLeftOut: () => false, mounts: new Map(), parts: [] };
}

/** What is done with so many of the files that both had. */
function guarded(files: number, decisions: readonly (readonly [number, Decision])[]): string | undefined {
  const all = decisions.flatMap(([count, decision]) => Array.from({ length: count }, () => decision));
  const actions = all.map((decision, i): Action => ({
    path: String(i) as BytePath,
    past: AGREED,
    here: undefined,
    there: undefined,
    decision: decision as Action['decision'],
  }));
  const past = new Map(paths(files).map((path) => [path, AGREED]));
  const listings = { here: listing(files), there: listing(files) };
  return guardSync(past, listings, actions, { here: '/a', there: '/b' })?.message;
}

const GONE: Decision = { do: 'delete', on: 'there', why: 'deleted' };
const CHANGED: Decision = { do: 'copy', to: 'there', why: 'changed' };
const NEWER: Decision = { do: 'copy', to: 'there', why: 'newer' };
const KEPT: Decision = { do: 'copy', to: 'there', why: 'kept' };
const BACK: Decision = { do: 'copy', to: 'here', why: 'changed' };

describe('guardSync()', () => {
  it.each<[number, readonly (readonly [number, Decision])[], string | undefined]>([
    [10, [[10, GONE]], undefined],
    [22, [[11, GONE]], undefined],
    [21, [[11, GONE]], '11 of 21 files are gone in "/a"'],
    [10, [[10, CHANGED]], undefined],
    [13, [[11, CHANGED]], undefined],
    [20, [[18, CHANGED]], '18 of 20 files have changed in "/a"'],
    [12, [[11, CHANGED]], '11 of 12 files have changed in "/a"'],
    [
      12,
      [
        [6, CHANGED],
        [5, NEWER],
      ],
      '11 of 12 files have changed in "/a"',
    ],
    // What goes the other way, or is brought back, is no change of that side.
    [
      12,
      [
        [6, CHANGED],
        [5, KEPT],
      ],
      undefined,
    ],
    [
      12,
      [
        [6, CHANGED],
        [5, BACK],
      ],
      undefined,
    ],
  ])('of %i files, %j: %s', (files, decisions, message) => {
    expect(guarded(files, decisions)).toBe(message);
  });
});

it.each([
  ['here', '/a', []],
  ['there', '/b', []],
  // Its folders may have been left where a disk was mounted.
  ['there', '/b', [['folder', { ...ITEM, type: 'folder' }]]],
] as const)('a side without a file is empty: %s', (side, label, items) => {
  const past = new Map([['a' as BytePath, AGREED]]);
  const empty = { ...listing(0), items: new Map(items as unknown as readonly [BytePath, Item][]) };
  const listings = { here: listing(1), there: listing(1), [side]: empty };
  expect(guardSync(past, listings, [], { here: '/a', there: '/b' })).toEqual({
    guard: 'empty-side',
    message: `"${label}" is empty, and had 1 file at the last sync`,
  });
  expect(guardSync(new Map(), listings, [], { here: '/a', there: '/b' })).toBeUndefined();
});
