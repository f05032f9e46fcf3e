import { describe, expect, it } from 'vitest';
import { drawGrowth } from './growth-plot.ts';
import type { GrowthReport } from './growth-report.ts';
import { ticksFor } from './panel.ts';
import { measurementOf } from './test-measurements.ts';

function reportOf(files: readonly number[], snapshots: number): GrowthReport {
  return {
    sizes: files.map((count) => ({
      files: count,
      measurements: [measurementOf('snapshot', [count / 1000])],
    })),
    history: Array.from({ length: snapshots }, (_, index) => ({
      snapshots: index + 1,
      seconds: 1 + index,
      memoryBytes: 1e8,
      addedBytes: 1e6,
      seriesBytes: 1e6,
    })),
    historyFiles: 5000,
    notes: [],
  };
}

/** The corners of the first line of this class that is no part of the legend. */
function pointsOf(chart: string, kind: string): number[][] {
  const [, drawn = ''] =
    [...chart.matchAll(new RegExp(`<polyline class="${kind}" points="([^"]*)"`, 'g'))][1] ?? [];
  return drawn.split(' ').map((point) => point.split(',').map(Number));
}

const step = (from: number[] = [], to: number[] = []): number[] =>
  to.map((value, axis) => Math.round(value - (from[axis] ?? 0)));

describe('ticksFor()', () => {
  it.each([
    ['log', [20, 3000], [10, 100, 1000, 10_000]],
    ['log', [0.3, 0.5], [0.1, 1]],
    ['log', [100], [100, 1000]],
    ['linear', [3, 200], [0, 50, 100, 150, 200]],
    ['linear', [0.9], [0, 0.5, 1]],
  ] as const)('encloses the values on a %s axis: %j gives %j', (scale, values, ticks) => {
    expect(ticksFor(scale, values)).toEqual(ticks);
  });
});

describe('drawGrowth()', () => {
  it('draws tenfold time at tenfold files as a straight line', () => {
    const [a, b, c] = pointsOf(drawGrowth(reportOf([10_000, 100_000, 1_000_000], 5)), 'first');

    expect(step(a, b)).toEqual(step(b, c));
    // To the right, and up.
    expect(step(a, b).map(Math.sign)).toEqual([1, -1]);
  });

  it('marks the goal only where the tree got that far', () => {
    expect(drawGrowth(reportOf([10_000, 1_000_000], 5))).toContain('circle class="goal"');
    expect(drawGrowth(reportOf([10_000, 100_000], 5))).not.toContain('circle class="goal"');
  });

  it('leaves out the first snapshot of the history, which packs everything', () => {
    expect(pointsOf(drawGrowth(reportOf([10_000], 5)), 'changed')).toHaveLength(4);
  });

  it('leaves out a panel without points', () => {
    const chart = drawGrowth(reportOf([10_000], 1));
    expect(chart).not.toContain('by snapshots');
    expect(chart).not.toMatch(/NaN|Infinity/);
  });
});
