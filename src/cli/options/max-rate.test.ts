import { describe, expect, it } from 'vitest';
import { parseRate } from './max-rate.ts';

describe('parseRate()', () => {
  it.each([
    ['20MB/s', 20_000_000],
    ['20MB', 20_000_000],
    ['20 MB/s', 20_000_000],
    ['1.5MiB/s', 1_572_864],
    ['1KB', 1000],
    ['1kB', 1000],
    ['512KiB', 524_288],
    ['1GB/s', 1e9],
    ['2GiB', 2 ** 31],
  ])('reads %s', (text, bytesPerSecond) => {
    expect(parseRate(text)).toBe(bytesPerSecond);
  });

  it.each(['20', '20M', '20Mb/s', '20mb', 'MB', '-1MB', '1e3MB', '20MB/min', '20MB/h', '1,5MB', ''])(
    'refuses "%s" and says what it takes',
    (text) => {
      expect(() => parseRate(text)).toThrow(`--max-rate ${text}: it takes a number and a unit`);
    },
  );

  it('refuses a number so long that it would be infinite', () => {
    expect(() => parseRate(`${'9'.repeat(400)}MB`)).toThrow('it takes a number and a unit');
  });

  it.each(['0MB', '0.9KB', '0GiB'])('refuses %s, with which nothing would ever end', (text) => {
    expect(() => parseRate(text)).toThrow('at least 1KB/s');
  });
});
