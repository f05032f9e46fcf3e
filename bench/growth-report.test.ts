import { describe, expect, it } from 'vitest';
import type { HistoryPoint, SizePoint } from './growth-report.ts';
import { formatGrowth, formatGrowthGoal, formatHistory, formatSizes } from './growth-report.ts';
import { runsFor, stepsUpTo } from './growth-steps.ts';
import { measurementOf } from './test-measurements.ts';

const pointOf = (files: number, memoryBytes = 1e8): SizePoint => ({
  files,
  measurements: [
    measurementOf('snapshot', [4, 5, 9], { id: 'first', memoryBytes: 9e7 }),
    measurementOf('snapshot', [1], { id: 'nothing', memoryBytes }),
    measurementOf('snapshot', [], { id: 'changed' }),
  ],
});

const historyOf = (length: number): HistoryPoint[] =>
  Array.from({ length }, (_, index) => ({
    snapshots: index + 1,
    seconds: 1,
    memoryBytes: undefined,
    addedBytes: 2e6,
    seriesBytes: (index + 1) * 2e6,
  }));

/** The rows below the headings, each as its cells. */
const cellsOf = (table: string): string[][] =>
  table
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .slice(2, -2)
        .split(' | ')
        .map((cell) => cell.trim()),
    );

describe('stepsUpTo()', () => {
  it.each([
    [30, [10, 30]],
    [99, [10, 30]],
    [4, [4]],
  ])('up to %d is %j', (most, steps) => {
    expect(stepsUpTo([10, 30, 100], most)).toEqual(steps);
  });
});

describe('runsFor()', () => {
  it('is three, and one from 300,000 files on', () => {
    expect([10_000, 299_999, 300_000, 1_000_000].map(runsFor)).toEqual([3, 3, 1, 1]);
  });
});

describe('formatSizes()', () => {
  it('has a row for each size, with time and memory of each case, and leaves open what failed', () => {
    expect(cellsOf(formatSizes([pointOf(10_000), pointOf(1_000_000)]))).toEqual(
      ['10,000', '1,000,000'].map((files) => [
        files,
        '5.00 s (4.00–9.00)',
        '90 MB',
        '1.00 s',
        '100 MB',
        '–',
        '–',
      ]),
    );
  });
});

describe('formatGrowthGoal()', () => {
  it.each([
    [700e6, '700 MB', 'yes'],
    [701e6, '701 MB', 'no'],
  ])('judges %d bytes at a million files, in whichever case: %s, %s', (bytes, measured, met) => {
    const table = formatGrowthGoal([pointOf(300_000, 999e6), pointOf(1_000_000, bytes)]);
    expect(cellsOf(table)).toEqual([['memory ≤ 700 MB at 1,000,000 files', measured, met]]);
  });

  it('is open when the tree did not get there', () => {
    expect(cellsOf(formatGrowthGoal([pointOf(300_000)]))[0]?.slice(1)).toEqual(['–', '–']);
  });
});

describe('formatHistory()', () => {
  it('has rows for the milestones and for the last', () => {
    expect(cellsOf(formatHistory(historyOf(23))).map(([snapshots]) => snapshots)).toEqual([
      '1',
      '2',
      '5',
      '10',
      '20',
      '23',
    ]);
  });

  it('shows what the snapshot added and what the series takes', () => {
    expect(cellsOf(formatHistory(historyOf(10))).at(-1)).toEqual(['10', '1.00 s', '–', '2.00 MB', '20 MB']);
  });
});

describe('formatGrowth()', () => {
  it('ends with what went wrong', () => {
    const report = {
      sizes: [pointOf(10_000)],
      history: historyOf(1),
      historyFiles: 5000,
      notes: ['it failed'],
    };
    expect(formatGrowth(report)).toMatch(/5,000 such files[^]*\n\nNote: it failed\.$/);
  });
});
