import { describe, expect, it } from 'vitest';
import type { Info } from './info.ts';
import { claimOf, inOrder, nextSequence, numbersOf, timeOf } from './order.ts';

const NOW = new Date('2026-11-10T12:00:00Z');

interface Facts {
  readonly name: string;
  readonly sequence?: number;
  readonly started?: string;
  /** Numbers of its own archives. */
  readonly own?: readonly number[];
  readonly archiveDate?: string;
}

/** As much of a snapshot as its place depends on; names and times are days at 02:00. */
function snapshot({ name, started = name, own = [], ...more }: Facts): { name: string; info: Info } {
  const full = `${name}T02-00-00Z`;
  const archives = own.map((number) => ({
    number,
    file: more.archiveDate === undefined ? `d-${full}.zip` : `d-${more.archiveDate}-01.zip`,
  }));
  const shared = { number: 99, file: 'd-2020-01-01T02-00-00Z.zip' };
  const elsewhere = { number: 98, file: `${full}/d-${full}.zip` };
  const time = { started: `${started}T02:00:00.123Z`, finished: '' };
  return {
    name: full,
    info: { time, archives: [shared, elsewhere, ...archives], ...more } as unknown as Info,
  };
}

function ordered(...facts: readonly Facts[]): readonly string[] {
  return inOrder(facts.map(snapshot), NOW).map(({ name, at, doubt }) => {
    const [named, taken] = [name.slice(0, 10), at.toISOString().slice(0, 10)];
    return `${named}${named === taken ? '' : ` on ${taken}`}${doubt === undefined ? '' : ` ${doubt}`}`;
  });
}

describe('inOrder()', () => {
  it('takes the order in which they were written, whatever their names', () => {
    expect(
      ordered(
        { name: '2026-11-02', sequence: 3 },
        { name: '2027-11-01', sequence: 2 },
        { name: '2026-10-31', sequence: 1 },
      ),
    ).toEqual(['2026-10-31', '2027-11-01 on 2026-11-01 odd', '2026-11-02']);
  });

  it('takes those of earlier versions by their names, and their times from info.json', () => {
    expect(
      ordered(
        { name: '2026-10-31' },
        { name: '2027-11-01' },
        { name: '2027-11-02', started: '2026-11-02' },
        { name: '2027-11-03', started: '2026-11-03' },
      ),
    ).toEqual([
      '2026-10-31',
      '2027-11-01 on 2026-11-01 odd',
      '2027-11-02 on 2026-11-02',
      '2027-11-03 on 2026-11-03',
    ]);
  });

  it('puts those of earlier versions before the first one that is counted', () => {
    expect(
      ordered(
        { name: '2027-11-01', own: [7] },
        { name: '2026-10-31', own: [6] },
        { name: '2026-11-02', sequence: 1, own: [8] },
      ),
    ).toEqual(['2026-10-31', '2027-11-01 on 2026-11-01 odd', '2026-11-02']);
  });

  it('puts those that an earlier version wrote in between behind what it had found', () => {
    expect(
      ordered(
        { name: '2026-11-01', sequence: 1, own: [1] },
        { name: '2026-11-02', sequence: 2, own: [2], archiveDate: '2027-01-01T02-00-00Z' },
        { name: '2026-11-03', own: [3] },
        { name: '2026-11-04', own: [] },
        { name: '2026-11-05', sequence: 3, own: [4] },
      ),
    ).toEqual(['2026-11-01', '2026-11-02', '2026-11-03', '2026-11-04', '2026-11-05']);
  });

  it('puts one that was repaired, and does not know its number, where its archives say', () => {
    expect(
      ordered(
        { name: '2026-11-03', sequence: 3, own: [3] },
        { name: '2026-11-02', own: [2] },
        { name: '2026-11-01', sequence: 1, own: [1] },
      ),
    ).toEqual(['2026-11-01', '2026-11-02', '2026-11-03']);
  });
});

describe('claimOf()', () => {
  it.each<[string, Facts, string]>([
    ['the name', { name: '2026-11-02', started: '2026-11-01', sequence: 1 }, '2026-11-02'],
    [
      'the start, where an earlier version went on from a clock that was ahead',
      { name: '2027-11-02', started: '2026-11-02' },
      '2026-11-02',
    ],
    ['the name, where the start is later', { name: '2026-11-02', started: '2026-11-05' }, '2026-11-02'],
    ['the name, where there is no such start', { name: '2026-11-02', started: '2026-99-99' }, '2026-11-02'],
  ])('is %s', (_, facts, day) => {
    expect(new Date(claimOf(snapshot(facts))).toISOString()).toBe(`${day}T02:00:00.000Z`);
  });
});

describe('nextSequence()', () => {
  it('is one more than any, and 1 where none is counted', () => {
    expect(nextSequence([])).toBe(1);
    expect(nextSequence([snapshot({ name: '2026-11-01' })])).toBe(1);
    expect(nextSequence([5, 9, 2].map((sequence) => snapshot({ name: '2026-11-01', sequence })))).toBe(10);
  });
});

describe('numbersOf()', () => {
  it('is the highest of each that was given, also where its snapshot is not the last', () => {
    expect(numbersOf([])).toEqual({ sequence: 0, archive: -1 });
    // 99 is of an archive that is shared.
    const [old, last] = [
      snapshot({ name: '2026-11-01', sequence: 4, own: [102, 101] }),
      snapshot({ name: '2026-11-02', sequence: 3, own: [100] }),
    ];
    expect(numbersOf([old, last])).toEqual({ sequence: 4, archive: 102 });
    expect(numbersOf([last])).toEqual({ sequence: 3, archive: 100 });
    expect(nextSequence([last], { sequence: 8, archive: 0 })).toBe(9);
    expect(nextSequence([last], { sequence: 2, archive: 0 })).toBe(4);
  });
});

describe('timeOf()', () => {
  it('is that of its place, with what is in doubt', () => {
    expect(timeOf({ ms: 5, doubt: 'odd' })).toEqual({ at: new Date(5), doubt: 'odd' });
    expect(timeOf(undefined)).toEqual({ at: new Date(0), doubt: undefined });
  });
});
