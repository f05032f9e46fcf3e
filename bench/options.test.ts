import { describe, expect, it } from 'vitest';
import { readOptions } from './options.ts';

describe('readOptions()', () => {
  it('measures all cases with all peers, unless told otherwise', () => {
    const { cases, growth, maxFiles, maxSnapshots, historyFiles } = readOptions([]);

    expect(cases.map(({ id }) => id)).toEqual([
      'first',
      'nothing',
      'restore',
      'verify',
      'file',
      'changed',
      'big',
      'help',
    ]);
    expect({ growth, maxFiles, maxSnapshots, historyFiles }).toEqual({
      growth: false,
      maxFiles: 1_000_000,
      maxSnapshots: 200,
      historyFiles: 5000,
    });
  });

  it('keeps the tree of the history below the largest tree', () => {
    expect(readOptions(['--growth', '--max-files', '800']).historyFiles).toBe(800);
  });

  it.each([
    [['--only', 'frist'], 'Unknown: frist. Known: first, nothing, restore, verify, file, changed, big, help'],
    [['--scale', '0'], '--scale must be a number above 0, not "0"'],
    [['--max-files', '1.5'], '--max-files must be a whole number, not "1.5"'],
  ])('refuses %j', (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });
});
