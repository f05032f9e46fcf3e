import { describe, expect, it } from 'vitest';
import { COLUMNS } from './columns.ts';

describe('the columns', () => {
  it.each([
    ['yes', true],
    ['TRUE', true],
    ['1', true],
    ['On', true],
    ['no', false],
    ['False', false],
    ['0', false],
    ['off', false],
  ])('read the switch "%s" as %s', (text, expected) => {
    expect(COLUMNS.active.parse(text)).toBe(expected);
    expect(COLUMNS.shutdown.parse(text)).toBe(expected);
  });

  it.each([
    ['tar', 'unknown value `tar`: use `tar.zst` or `zip`'],
    ['.zip', 'unknown value `.zip`: did you mean `zip`?'],
    ['tar.zstd', 'unknown value `tar.zstd`: did you mean `tar.zst`?'],
  ])('refuse the format "%s"', (text, message) => {
    expect(() => COLUMNS.format.parse(text)).toThrow(message);
  });

  it('read formats and strategies in any case', () => {
    expect(COLUMNS.format.parse('ZIP')).toBe('zip');
    expect(COLUMNS.strategy.parse('Full')).toBe('full');
  });

  it('split excludes at bars and line breaks, trimmed, without empty ones', () => {
    expect(COLUMNS.exclude.parse(' *.tmp ||cache/\n !keep.tmp | a b ')).toEqual([
      '*.tmp',
      'cache/',
      '!keep.tmp',
      'a b',
    ]);
  });

  it('keep an exclude that begins with #, which gitignore would take for a comment', () => {
    expect(COLUMNS.exclude.parse('#recycle|\\#done')).toEqual(['\\#recycle', '\\#done']);
  });

  it('split the names of markers at bars and line breaks', () => {
    expect(COLUMNS['exclude-if-present'].parse(' .nobackup | CACHEDIR.TAG\n|no backup ')).toEqual([
      '.nobackup',
      'CACHEDIR.TAG',
      'no backup',
    ]);
  });

  it.each([
    ['a/.nobackup', '`a/.nobackup` is no name: name the file without a folder'],
    ['a\\b', 'is no name: name the file without a folder'],
    ['ok|*.skip', '`*.skip` is a pattern: write each name as it is'],
    ['..', '`..` is no name: name a file'],
  ])('refuse the marker "%s"', (text, message) => {
    expect(() => COLUMNS['exclude-if-present'].parse(text)).toThrow(message);
  });

  it.each([
    ['1s', 1000],
    ['90 S', 90_000],
    [' 10m ', 600_000],
    ['24h', 86_400_000],
    ['86400s', 86_400_000],
  ])('read the time "%s" that a command may take as %i ms', (text, ms) => {
    expect(COLUMNS['hook-limit'].parse(text)).toBe(ms);
  });

  it.each(['0s', '25h', '86401s', '10', 'm', '1d', '-1s', '1.5h', '100000s'])(
    'refuse the time "%s" for it',
    (text) => {
      expect(() => COLUMNS['hook-limit'].parse(text)).toThrow(`unknown time \`${text}\``);
    },
  );

  it.each([
    ['2GB', 2e9],
    ['1.5 MiB', 1_572_864],
    [' 4TB ', 4e12],
    ['100kB', 100_000],
  ])('read the size "%s" as %i bytes', (text, bytes) => {
    expect(COLUMNS['exclude-larger-than'].parse(text)).toBe(bytes);
  });

  it.each([
    ['2', '`2` is no size: write a number and a unit, as 2GB'],
    ['2gb', 'units: KB, MB, GB, TB, KiB, MiB, GiB, TiB'],
    ['2GB/s', '`2GB/s` is no size'],
    ['0GB', '`0GB` would leave out all: leave the cell empty for no limit'],
  ])('refuse the size "%s"', (text, message) => {
    expect(() => COLUMNS['exclude-larger-than'].parse(text)).toThrow(message);
  });

  it.each(['Temp\\cache', 'Temp\\', 'a\\\\\\b'])(
    'refuse the Windows separator in the exclude "%s"',
    (text) => {
      expect(() => COLUMNS.exclude.parse(text)).toThrow('use `/` between folders');
    },
  );

  it.each(['\\!a', 'a\\*', '\\[x\\]', 'a\\\\b'])('accept the escape in the exclude "%s"', (text) => {
    expect(COLUMNS.exclude.parse(text)).toEqual([text]);
  });
});
