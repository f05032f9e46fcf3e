import { describe, expect, it } from 'vitest';
import { compare } from './compare.ts';
import { drawChart } from './plot.ts';
import { measurementOf } from './test-measurements.ts';

describe('drawChart()', () => {
  it('draws bars to the left of 1 for the faster and to the right for the slower', () => {
    const chart = drawChart(
      compare([measurementOf('snapshot', [2]), measurementOf('tar', [1]), measurementOf('restic', [4])]),
    );
    const one = Number(/class="one" x1="([\d.]+)"/.exec(chart)?.[1]);
    const barOf = (kind: string): number[] =>
      (new RegExp(`class="${kind}" x="([\\d.]+)" y="[\\d.]+" width="([\\d.]+)"`).exec(chart) ?? [])
        .slice(1)
        .map(Number);

    const [fasterX = 0, fasterWidth = 0] = barOf('faster');
    expect(fasterX + fasterWidth).toBeCloseTo(one, 0);
    expect(barOf('slower')[0]).toBeCloseTo(one, 0);
    expect(fasterWidth).toBeGreaterThan(10);
  });
});
