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
