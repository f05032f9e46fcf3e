import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import type { StoreItem } from '../../store/store.ts';
import type { Series, Snapshot } from '../series.ts';
import { lookOver, namedBy } from './look-over.ts';

const IN_A = ['x', 'y', 'index', 'SHA256SUMS', 'RESTORE.txt'].map((name) => {
  return { name, isFile: true, sizeBytes: 5 };
});
const SERIES = {
  key: (name: string) => name,
  store: { list: async (key: string) => await Promise.resolve(key === 'a' ? IN_A : []) },
} as unknown as Series;

/** One that shares two archives of `a`, and says of the first how long it is. */
function snapshot(name: string, bytes: number): Snapshot {
  const archives = [
    { file: 'a/x', bytes },
    { file: 'a/y', bytes: 5 },
  ];
  const info = { archives, index: { file: 'a/index', bytes: 5 }, changes: null, dead: null };
  return { name, info } as unknown as Snapshot;
}

it.each([
  [5, 6],
  [6, 5],
])(
  'a file that two snapshots name is in its place only when it is what both say: %i and %i',
  async (a, b) => {
    const { found, inPlace } = await lookOver(SERIES, [snapshot('a', a), snapshot('b', b)]);
    expect(found.get('a/x')).toMatchObject({ kind: 'size' });
    expect([inPlace.has('a/x'), inPlace.has('a/y'), inPlace.has('a/index')]).toEqual([false, true, true]);
    expect(found.get('b/SHA256SUMS')).toMatchObject({ kind: 'missing' });
  },
);

it('of a file that is too long, or too short, says so', async () => {
  for (const bytes of [4, 6]) {
    const { found } = await lookOver(SERIES, [snapshot('a', bytes)]);
    expect(found.get('a/x')?.what).toBe(`has 5 bytes, not ${bytes}`);
  }
});

it('tells what belongs to a snapshot, and what may: in folders that cannot be read, or are no snapshots yet', () => {
  const isNamed = namedBy([snapshot('b', 5)], {
    damaged: [{ name: 'd', error: new SnapshotError('E_DAMAGED', 'x') }],
    unfinished: ['u'],
  });
  const places = ['a/x', 'a/index', 'a/other', 'b/any', 'd/any', 'u/any', 'gone/any'];
  expect(places.map(isNamed)).toEqual([true, true, false, true, true, true, false]);
});

it('lists several folders at once, as each answer from afar is waited for, and each only once', async () => {
  const listed: string[] = [];
  let [asked, most] = [0, 0];
  const list = async (key: string): Promise<readonly StoreItem[]> => {
    listed.push(key);
    most = Math.max(most, ++asked);
    await turn();
    asked--;
    return [];
  };
  const series = { key: (name: string) => name, store: { list } } as unknown as Series;
  const names = Array.from({ length: 20 }, (_, i) => `s${i}`);
  const { found } = await lookOver(
    series,
    names.map((name) => snapshot(name, 5)),
  );
  expect(found.size).toBe(20 * 2 + 3);
  expect(listed.toSorted()).toEqual(['a', ...names].toSorted());
  expect(most).toBeGreaterThan(4);
});
