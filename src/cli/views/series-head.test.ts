import { describe, expect, it } from 'vitest';
import type { Terminal } from '../terminal.ts';
import { seriesHead } from './series-head.ts';

function on(columns: number, isLive = true): string {
  const terminal = { isLive, columns, style: (_: string, text: string) => text } as unknown as Terminal;
  return seriesHead({ name: 'data', folder: '/mnt/disk/data' }, '2 snapshots', terminal);
}

describe('seriesHead()', () => {
  it('is one line where it fits, and where nobody looks', () => {
    expect(on(33)).toBe('data  /mnt/disk/data  2 snapshots');
    expect(on(10, false)).toBe('data  /mnt/disk/data  2 snapshots');
  });

  it('gives the folder a line of its own where it does not', () => {
    expect(on(32)).toBe('data  2 snapshots\n/mnt/disk/data');
  });
});
