import { describe, expect, it } from 'vitest';
import { compare, spreadOf } from './compare.ts';
import { measurementOf } from './test-measurements.ts';

describe('spreadOf()', () => {
  it.each([
    [[3, 1, 2], { median: 2, least: 1, most: 3 }],
    [[4, 1, 2, 3], { median: 2.5, least: 1, most: 4 }],
    [[7], { median: 7, least: 7, most: 7 }],
    [[], undefined],
  ])('of %j is %j', (values, spread) => {
    expect(spreadOf(values)).toEqual(spread);
  });
});

describe('compare()', () => {
  it('takes the ratios within each round, not between the medians', () => {
    const [comparison] = compare([measurementOf('snapshot', [2, 20, 3]), measurementOf('tar', [1, 40, 6])]);

    // Between the medians it would be 3/6; the rounds give 2, 0.5 and 0.5.
    expect(comparison?.time).toEqual({ median: 0.5, least: 0.5, most: 2 });
  });

  it('leaves out the rounds that one of the two did not reach', () => {
    const [comparison] = compare([measurementOf('snapshot', [2, 4, 9]), measurementOf('tar', [1, 1])]);

    expect(comparison?.time).toEqual({ median: 3, least: 2, most: 4 });
  });

  it('compares zip with the format zip', () => {
    const measurements = [
      measurementOf('snapshot', [1]),
      measurementOf('snapshot-zip', [3]),
      measurementOf('zip', [6]),
    ];

    expect(compare(measurements).map(({ time }) => time.median)).toEqual([0.5]);
  });

  it('gives nothing when snapshot was not measured', () => {
    expect(compare([measurementOf('tar', [1])])).toEqual([]);
  });

  it('compares what the runs added, too', () => {
    const [comparison] = compare([
      measurementOf('snapshot', [1, 1], { addedBytes: 6e6 }),
      measurementOf('restic', [1, 1], { addedBytes: 4e6 }),
    ]);

    expect(comparison?.added).toEqual({ median: 1.5, least: 1.5, most: 1.5 });
  });

  it('has no ratio of bytes to a peer that added none', () => {
    const [comparison] = compare([
      measurementOf('snapshot', [1], { addedBytes: 6e6 }),
      measurementOf('rsync', [1], { addedBytes: 0 }),
    ]);

    expect(comparison?.added).toBeUndefined();
  });
});
