// By which number index lines call each archive that is left.
import { expect, it } from 'vitest';
import type { IndexEntry } from '../../series/index/index-line.ts';
import type { Info } from '../../series/info.ts';
import type { Snapshot } from '../../series/series.ts';
import { numberArchives, type WholeArchive } from './repair-archives.ts';
import type { Facts } from './repair-facts.ts';

const PLACE = { offset: 512, length: 100, skip: 0 } as const;

/** An archive of one file, whose content is all that tells it from others of one file. */
function archive(file: string, content: number): WholeArchive {
  const member = { path: 'file', type: 'file' } as WholeArchive['members'][number]['member'];
  const hash = new Uint8Array(32).fill(content);
  return { file, bytes: 1000, sha256: `sum of ${file}`, members: [{ member, place: PLACE, hash }] };
}

const A = archive('a.tar.zst', 1);
const B = archive('b.tar.zst', 2);

/** A line that says which content lies in archive `number`. */
function line(number: number, content: number): IndexEntry {
  const hash = new Uint8Array(32).fill(content);
  return { hash, at: [number, PLACE.offset, PLACE.length, PLACE.skip] } as unknown as IndexEntry;
}

/** As much of info.json as names archives. */
function says(numbers: Readonly<Record<string, number>>): Info {
  const archives = Object.entries(numbers).map(([file, number]) => ({
    file,
    number,
    sha256: `sum of ${file}`,
  }));
  return { archives } as unknown as Info;
}

const NOTHING: readonly Snapshot[] = [];
const others = (numbers: Readonly<Record<string, number>>): readonly Snapshot[] => [
  { name: 'later', at: new Date(0), info: says(numbers) },
];

it.each<[string, IndexEntry[], Info | undefined, readonly Snapshot[], [number, number]]>([
  [
    'their contents, where nothing else tells them apart',
    [line(3, 1), line(7, 2)],
    undefined,
    NOTHING,
    [3, 7],
  ],
  ['lines, before info.json', [line(3, 1), line(7, 2)], says({ 'a.tar.zst': 1 }), NOTHING, [3, 7]],
  ['info.json, before another snapshot', [], says({ 'a.tar.zst': 4 }), others({ 'a.tar.zst': 2 }), [4, 5]],
  ['another snapshot, where info.json is lost', [], undefined, others({ 'b.tar.zst': 6 }), [0, 6]],
  [
    'their order, where info.json has two of one number',
    [],
    says({ 'a.tar.zst': 5, 'b.tar.zst': 5 }),
    NOTHING,
    [5, 6],
  ],
  ['their order, where info.json has none', [], says({ 'a.tar.zst': 5, 'b.tar.zst': 2 }), NOTHING, [5, 6]],
  // Lines have that number for another one.
  [
    'lines, where info.json has the number of another one',
    [line(3, 2)],
    says({ 'a.tar.zst': 3 }),
    NOTHING,
    [0, 3],
  ],
])('archives have the numbers that are told by %s', (_, items, info, known, numbers) => {
  const lines = { items, index: { file: '', bytes: 0, sha256: '' }, changes: undefined };
  const facts = { info, lines, dead: undefined } as unknown as Facts;
  const found = numberArchives([A, B], facts, known, false);
  expect([...(found ?? [])]).toEqual(
    expect.arrayContaining([
      [A.file, numbers[0]],
      [B.file, numbers[1]],
    ]),
  );
  expect(found?.size).toBe(2);
});

it('takes another archive of the same name for no sign of its number', () => {
  const other = [{ file: 'a.tar.zst', number: 9, sha256: 'of something else' }];
  const facts = {
    info: { archives: other } as unknown as Info,
    lines: undefined,
    dead: undefined,
  } as unknown as Facts;
  expect(numberArchives([A], facts, NOTHING, true)?.get(A.file)).toBe(0);
});
