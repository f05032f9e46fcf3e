import { describe, expect, it } from 'vitest';
import { fromText } from '../tree/path.ts';
import { oddPatterns, oddRules } from './odd-patterns.ts';

describe('oddPatterns()', () => {
  it.each([
    ['./secret', 'write `/secret`'],
    ['a/./b', 'write `a/b`'],
    ['../other', 'no path in the source has `..` in it'],
    ['!./x', 'write `/x`'],
    ['~/secret', 'it is no path below the source'],
    ['a//b', 'write `a/b`'],
    ['$HOME/x', 'variables are not replaced here'],
    ['%TEMP%', 'variables are not replaced here'],
    ['C:/Users/x', 'it is no path below the source'],
    ['"*.tmp"', 'write it without quotes: `*.tmp`'],
    ['*.tmp;*.bak', 'write `|` between patterns: `*.tmp|*.bak`'],
    ['*.tmp, *.bak', 'write `|` between patterns: `*.tmp|*.bak`'],
    ['*.tmp *.bak', 'write `|` between patterns: `*.tmp|*.bak`'],
    ['node_modules;dist', 'write `|` between patterns: `node_modules|dist`'],
    ['*.{jpg,png}', 'braces mean nothing here'],
    ['/', 'it names nothing'],
    ['!', 'it names nothing'],
    ['photos [old', 'a `[` in it has no `]`: to mean the character, write `[[]`'],
    ['[]', 'a `[` in it has no `]`'],
  ])('names %s, and what was meant', (pattern, meant) => {
    const [said, ...others] = oddPatterns([pattern, '*.ok']);
    expect(said).toContain(`the pattern \`${pattern}\` of \`exclude\` can match nothing: ${meant}`);
    expect(others).toEqual([]);
  });

  it.each([
    '*.tmp',
    'photos [[]old',
    '[[:alpha:]]x',
    '[]a]',
    '/cache',
    'a/b/',
    '**/x',
    '.git',
    '..rc',
    '.*',
    'a.b',
    '~$*.docx',
    '~lock',
    '*~',
    'Doe, John',
    'Copy of *.doc',
    '[ab]',
    '$RECYCLE.BIN',
    '$WinREAgent/',
    '100%',
    '{x}',
  ])('says nothing of %s', (pattern) => {
    expect(oddPatterns([pattern])).toEqual([]);
  });

  it('names what is to be taken back from a folder that is left out', () => {
    expect(oddPatterns(['cache/', '!cache/keep'])).toEqual([expect.stringContaining('`/cache/*`')]);
    expect(oddPatterns(['/cache/*', '!cache/keep'])).toEqual([]);
    expect(oddPatterns(['*.tmp', '!a/important.tmp'])).toEqual([]);
  });
});

describe('oddRules()', () => {
  it('names the patterns of each .snapshotignore, and where they are', () => {
    const rules = [
      { base: fromText(''), patterns: ['# ./comment', '', '  ', '*.ok', './x'] },
      { base: fromText('a/b'), patterns: ['*.tmp;*.bak', '*.{c,d}', '!keep'] },
    ];
    expect(oddRules(rules)).toEqual([
      'the pattern `./x` of ".snapshotignore" can match nothing: write `/x`',
      'the pattern `*.tmp;*.bak` of "a/b/.snapshotignore" can match nothing: write each pattern on a line of its own',
      'the pattern `*.{c,d}` of "a/b/.snapshotignore" can match nothing: braces mean nothing here: write one pattern for each, on a line of its own',
    ]);
  });
});
