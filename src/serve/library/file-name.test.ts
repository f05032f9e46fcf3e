import { describe, expect, it } from 'vitest';
import { fromText } from '../../tree/path.ts';
import { checkName, numbered } from './file-name.ts';

describe('checkName()', () => {
  it.each([
    '../a',
    'a/../b',
    'a/..',
    '..',
    '.',
    '/etc/passwd',
    'a//b',
    'a/',
    'C:',
    'C:/a',
    'c:a',
    String.raw`\\server\share`,
    String.raw`a\..\b`,
    'file:stream',
    'con',
    'a/NUL.txt',
    'lpt1.jpg',
    'a.',
    'a ',
    'a\0b',
    'a\nb',
    'a\x1b[2J',
    'a\x7f',
    'a\x85',
    'photo\u202egpj.exe',
    'a\u200b',
    '%2e%2e/a',
    'a%2fb',
    'a%5Cb',
    'a\ud800',
    '.snapshotignore',
    'a/.SnapshotIgnore',
    'a/.snapshot-data/b',
    '.snapshot-0123.part',
    'CACHEDIR.TAG',
    'x'.repeat(256),
    'ä'.repeat(128),
    'folder/'.repeat(300) + 'a',
  ])('refuses %j', (name) => {
    expect(() => checkName(name)).toThrow(expect.objectContaining({ status: 403 }));
  });

  it.each([
    'a',
    '2026/a b.jpg',
    'ü/日本.png',
    '..a',
    '.profile',
    'x'.repeat(255),
    '100%.txt',
    'a%20b',
    "it's",
  ])('takes %j', (name) => {
    expect(checkName(name)).toBe(fromText(name));
  });

  it('asks for a name where there is none', () => {
    expect(() => checkName('')).toThrow(/Add `\?name=FOLDER\/FILE`/);
  });
});

describe('numbered()', () => {
  it.each([
    ['a.jpg', 'a (2).jpg'],
    ['x.y/a', 'x.y/a (2)'],
    ['.profile', '.profile (2)'],
    ['a.tar.gz', 'a.tar (2).gz'],
  ])('makes %s to %s', (from, to) => {
    expect(numbered(fromText(from), 2)).toBe(to);
  });
});
