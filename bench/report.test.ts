import { describe, expect, it } from 'vitest';
import { formatMeasurements, formatSession } from './report.ts';
import type { Measurement } from './session.ts';
import { measurementOf } from './test-measurements.ts';

/** The cells of the row of `tool`, without the blanks that align them. */
function cellsOf(measurements: readonly Measurement[], tool: string): string[] {
  const line = formatMeasurements(measurements)
    .split('\n')
    .find((row) => row.split(' | ')[1]?.trimEnd() === tool);
  return (line ?? '').split(' | ').map((cell) => cell.replaceAll(/^\| | +\|?$/g, ''));
}

describe('formatMeasurements()', () => {
  const measurements = [
    measurementOf('snapshot', [2, 3, 4], { id: 'changed', addedBytes: 30e6 }),
    measurementOf('restic', [4, 4, 4], { id: 'changed', addedBytes: 20e6 }),
  ];

  it('shows what ours takes and adds beside the figures of each peer', () => {
    expect(cellsOf(measurements, 'restic')).toEqual([
      '1% of files changed',
      'restic',
      '4.00 s',
      '100 MB',
      '20 MB',
      '0.75x (0.50–1.00)',
      '1.50x',
    ]);
  });

  it('compares ours with nothing', () => {
    expect(cellsOf(measurements, 'snapshot').slice(2)).toEqual([
      '3.00 s (2.00–4.00)',
      '100 MB',
      '30 MB',
      '',
      '',
    ]);
  });

  it('leaves out a tool that never ended well', () => {
    expect(cellsOf([measurementOf('snapshot', [1]), measurementOf('tar', [])], 'tar')).toEqual(['']);
  });

  it('aligns its columns, also where a title has a bar', () => {
    const table = formatMeasurements([measurementOf('snapshot', [12.5]), measurementOf('tar', [1, 2])]);
    expect(new Set(table.split('\n').map((line) => line.length)).size).toBe(1);
    expect(table).toContain(String.raw`tar \| zstd`);
  });
});

describe('formatSession()', () => {
  it('ends with what went wrong', () => {
    const text = formatSession({ measurements: [measurementOf('snapshot', [1])], notes: ['borg failed'] });
    expect(text).toMatch(/\n\nNote: borg failed\.$/);
  });
});
