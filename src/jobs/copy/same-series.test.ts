import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Info } from '../../series/info.ts';
import { OWNER_FILE } from '../../series/names.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { OtherSeriesError, refuseOther } from './refuse-other.ts';
import { forkOf } from './same-series.ts';

interface Told {
  readonly name: string;
  readonly at: Date;
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
  return { name, at: new Date(0), info: info as unknown as Info };
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
    ['a name of another time', { ...told('1b', 'a', 1), name: '1' }, '1 is another snapshot there'],
    ['a name with two numbers', told('1', 'a', 9), '1 is another snapshot there'],
    ['a number', told('1b', 'a', 1), 'both have a snapshot number 1: 1 and 1b'],
    ['the number of an archive', told('3', 'c', 3, { 0: 'z' }), 'archive number 0 of 3 is another one there'],
  ])('finds %s that means two things', (_, other, why) => {
    expect(forkOf([FIRST], [other])).toBe(why);
  });
});

describe('two places with nothing in common', () => {
  const OWNER = { host: 'here', source: '/a' };

  it.each<[string, object | undefined, boolean]>([
    ['the same source', OWNER, true],
    ['another source', { ...OWNER, source: '/b' }, false],
    ['another machine', { ...OWNER, host: 'there' }, false],
    ['nobody that is known', undefined, true],
  ])('are one series where it belongs to %s: %j', async (_, owner, isOne) => {
    const root = mkdtempSync(join(tmpdir(), 'same-series-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    const at = (place: string): Series => new Series(new LocalStore(join(root, place)), 'data');
    for (const [place, whose] of [
      ['one', OWNER],
      ['two', owner],
    ] as const) {
      mkdirSync(join(root, place, 'data'), { recursive: true });
      if (whose !== undefined) writeFileSync(join(root, place, 'data', OWNER_FILE), JSON.stringify(whose));
    }
    const refused = refuseOther(at('one'), [FIRST], at('two'), [SECOND]).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(await refused).toEqual(isOne ? undefined : expect.any(OtherSeriesError));
  });
});
