import { describe, expect, it } from 'vitest';
import { type Measured, ProgressMeter } from './progress-meter.ts';
import type { Terminal } from '../terminal.ts';

const WIDE = { columns: 200, style: (_: string, text: string) => text } as unknown as Terminal;

function progress(more: Partial<Measured>): Measured {
  return {
    row: 'docs',
    phase: 'pack',
    files: 0,
    bytes: 0,
    totalFiles: 4,
    totalBytes: 1000,
    ...more,
  };
}

/** The line `ms` after the phase has begun, two spaces between its parts. */
function lineAt(ms: number, more: Partial<Measured>, columns = 200): readonly string[] {
  const meter = new ProgressMeter();
  meter.update(progress({ ...more, files: 0, bytes: 0 }), 5000);
  meter.update(progress(more), 5000 + ms);
  return meter.line(5000 + ms, { ...WIDE, columns }).split('  ');
}

const [FULL, HALF, NONE] = [20, 10, 0].map((n) => '█'.repeat(n) + '░'.repeat(20 - n));

describe('the line of progress', () => {
  it.each<[string, Partial<Measured>, readonly unknown[]]>([
    ['at the start', {}, ['docs', 'packing', NONE, '0 B/1 kB', '0/4 files']],
    [
      'half way, by bytes',
      { bytes: 500, files: 3 },
      ['docs', 'packing', HALF, '500 B/1 kB', '250 B/s', '2s left', '3/4 files'],
    ],
    ['at the end', { bytes: 1000, files: 4 }, ['docs', 'packing', FULL, '1 kB/1 kB', '500 B/s', '4/4 files']],
    [
      'with files that have grown: no more than all',
      { bytes: 3000, files: 5 },
      ['docs', 'packing', FULL, '3 kB/3 kB', '1.5 kB/s', '5/5 files'],
    ],
    [
      'by files, when all are empty',
      { totalBytes: 0, files: 2 },
      ['docs', 'packing', HALF, '0 B/0 B', '2/4 files'],
    ],
    [
      'with nothing to do',
      { totalBytes: 0, totalFiles: 0 },
      ['docs', 'packing', NONE, '0 B/0 B', '0/0 files'],
    ],
    [
      'as long as totals are not known',
      { phase: 'scan', totalBytes: undefined, files: 1234 },
      ['docs', 'scanning', '1,234 entries'],
    ],
    [
      'of a verify, which counts no files',
      { phase: 'verify', bytes: 500, totalFiles: undefined },
      ['docs', 'verifying', HALF, '500 B/1 kB', '250 B/s', '2s left'],
    ],
    ['of a comparison', { phase: 'look' }, ['docs', 'comparing', NONE, '0 B/1 kB', '0/4 files']],
  ])('%s', (_, more, parts) => {
    expect(lineAt(2000, more)).toEqual(parts);
  });

  it('says no speed in the first half second, and leaves out what has no room', () => {
    expect(lineAt(500, { bytes: 500 })).toEqual(['docs', 'packing', HALF, '500 B/1 kB', '0/4 files']);
    expect(lineAt(501, { bytes: 500 })).toContain('1s left');
    expect(lineAt(2000, { bytes: 500 }, 48)).toEqual(['docs', 'packing', HALF, '500 B/1 kB']);
    expect(new ProgressMeter().line(0, WIDE)).toBe('');
  });

  it('counts time from the phase, not from the run', () => {
    const meter = new ProgressMeter();
    meter.update(progress({ phase: 'look' }), 0);
    meter.update(progress({ bytes: 100 }), 10_000);
    meter.update(progress({ bytes: 200 }), 11_000);
    expect(meter.line(12_000, WIDE)).toContain('100 B/s  8s left');
  });
});
