import { describe, expect, it } from 'vitest';
import type { Info } from '../../series/info.ts';
import { forkOf } from './same-series.ts';

interface Told {
  readonly name: string;
  readonly info: Info;
}

/** What tells snapshots apart: a letter for the content, a number in the series, and the archives by their numbers. */
function told(
  name: string,
  tree: string,
  sequence: number | undefined,
  archives: Record<number, string> = {},
): Told {
  const info = {
    time: { started: name, finished: name },
    hash: { tree },
    sequence,
    archives: Object.entries(archives).map(([number, sha256]) => ({ number: Number(number), sha256 })),
  };
  return { name, info: info as unknown as Info };
}

const FIRST = told('1', 'a', 1, { 0: 'x' });
const SECOND = told('2', 'b', 2, { 0: 'x', 1: 'y' });

describe('forkOf()', () => {
  it.each<[string, readonly Told[], readonly Told[]]>([
    ['nothing is at one of them', [FIRST], []],
    ['one has more', [FIRST, SECOND], [FIRST]],
    ['each has what the other has let go', [FIRST], [SECOND]],
    ['they are of a version without numbers', [told('1', 'a', undefined)], [told('2', 'b', undefined)]],
    ['a repair has lost the number of one', [FIRST], [told('1', 'a', undefined, { 0: 'x' })]],
  ])('finds none where %s', (_, here, there) => {
    expect(forkOf(here, there)).toBeUndefined();
    expect(forkOf(there, here)).toBeUndefined();
  });

  it.each<[string, Told, string]>([
    ['a name', told('1', 'other', 1), '1 is another snapshot there'],
    ['a number', told('1b', 'a', 1), 'both have a snapshot number 1: 1 and 1b'],
    ['the number of an archive', told('3', 'c', 3, { 0: 'z' }), 'archive number 0 of 3 is another one there'],
  ])('finds %s that means two things', (_, other, why) => {
    expect(forkOf([FIRST], [other])).toBe(why);
  });
});
