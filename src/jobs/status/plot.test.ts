import { describe, expect, it } from 'vitest';
import { plot } from './plot.ts';

const DAY = 86_400_000;
const points = [0, 50, 100].map((value, i) => ({ at: new Date(i * DAY), value }));

describe('plot()', () => {
  it('has the first point at the left, the last at the right, and the largest at the top', () => {
    const svg = plot(points, { title: 'a', label: String, kind: 'line' });
    expect(svg).toContain('d="M74 110L263 67L452 24"');
    expect(svg).toContain('>100</text>');
  });

  it('draws a bar for each, also for nothing', () => {
    const svg = plot(points, { title: 'a', label: String, kind: 'bars' });
    expect(svg).toContain('d="M74 110V109M263 110V67M452 110V24"');
  });

  it('is nothing without points, and finite with one, or only zeros', () => {
    expect(plot([], { title: 'a', label: String, kind: 'line' })).toBe('');
    for (const value of [0, 7]) {
      const svg = plot([{ at: new Date(0), value }], { title: '<a>', label: String, kind: 'line' });
      expect(svg).not.toMatch(/NaN|Infinity|<a>/);
    }
  });
});
