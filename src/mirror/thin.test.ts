import { describe, expect, it } from 'vitest';
import type { Keep } from '../plan/keep.ts';
import { fromText } from '../tree/path.ts';
import { thinned } from './thin.ts';
import type { Version } from './versions.ts';

const NOW = new Date('2026-11-28T12:00:00Z');
const DAY_MS = 86_400_000;

/** Versions of a path, so many days old. */
function versionsOf(path: string, ...days: readonly number[]): readonly Version[] {
  return days.map((age) => ({
    path: fromText(path),
    type: 'file',
    untilMs: NOW.getTime() - age * DAY_MS,
    sinceMs: 0,
    file: fromText(`${path}~${age}`),
    movedTo: undefined,
    mode: undefined,
  }));
}

function gone(versions: readonly Version[], keep: Keep): readonly (string | undefined)[] {
  return thinned(versions, keep, NOW).map(({ file }) => file);
}

describe('thinned()', () => {
  const both = [...versionsOf('a', 40, 31, 30, 2, 1), ...versionsOf('b', 50)];

  it.each<[string, Keep, readonly string[]]>([
    ['what is older than an age', { within: 30 * DAY_MS }, ['a~40', 'a~31', 'b~50']],
    ['all but the newest of each path', { last: 2 }, ['a~40', 'a~31', 'a~30']],
    ['what neither an age nor a rule keeps', { within: 7 * DAY_MS, last: 3 }, ['a~40', 'a~31']],
    ['nothing without a rule', {}, []],
    ['days that are over', { daily: 1 }, ['a~40', 'a~31', 'a~30', 'a~2']],
  ])('lets go %s', (_, keep, names) => {
    expect(gone(both, keep)).toEqual(names);
  });

  it('keeps nothing for being the newest, where an age says how long', () => {
    expect(gone(versionsOf('a', 31), { within: 30 * DAY_MS })).toEqual(['a~31']);
    expect(gone(versionsOf('a', 31), { within: 30 * DAY_MS, last: 1 })).toEqual([]);
  });

  it('counts no move for a version, and forgets it in a year', () => {
    const moved = versionsOf('a', 500, 3, 2, 1).map((one) => ({
      ...one,
      file: undefined,
      movedTo: fromText('b'),
    }));
    const all = [...moved, ...versionsOf('a', 9, 8)];
    expect(thinned(all, { last: 2 }, NOW)).toEqual(moved.slice(0, 1));
    expect(thinned(all, {}, NOW)).toEqual([]);
  });
});
