import { expect, it } from 'vitest';
import { count, formatBytes } from './amounts.ts';

it.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [999, '999 bytes'],
  [1000, '1.0 kB'],
  [99_949, '99.9 kB'],
  [120_000, '120 kB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [12_345_678_901, '12.3 GB'],
])('%i is %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

it('one is one, and more are many', () => {
  expect([count(1, 'file'), count(0, 'file'), count(1312, 'file')]).toEqual([
    '1 file',
    '0 files',
    '1,312 files',
  ]);
});
