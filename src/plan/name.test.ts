import { describe, expect, it } from 'vitest';
import { nameForPattern, nameRefusal, parseName } from './name.ts';

describe('parseName()', () => {
  it.each([
    'documents',
    '.config',
    'Fotos März 2024',
    'a.b',
    'console',
    'com',
    'a'.repeat(100),
    '#1',
    '文档',
  ])('accepts "%s"', (name) => {
    expect(parseName(name)).toBe(name);
  });

  it.each([
    ['a/b'],
    ['a\\b'],
    ['C:'],
    ['a*'],
    ['a?'],
    ['a"'],
    ['<a'],
    ['a>'],
    ['a|b'],
    ['a\nb'],
    ['a\u007f'],
    ['.'],
    ['..'],
    ['a.'],
    ['a '],
    ['-rf'],
    ['con'],
    ['NUL.txt'],
    ['Com1'],
    ['lpt9 .log'],
    ['a'.repeat(101)],
    ['ä'.repeat(51)],
  ])('refuses "%s"', (name) => {
    expect(() => parseName(name)).toThrow(expect.objectContaining({ code: 'E_PLAN' }));
  });

  it('says what is wrong with a name', () => {
    expect(() => parseName('aux')).toThrow('`aux` is a device name on Windows: choose another name');
  });
});

describe('nameForPattern()', () => {
  it.each(['*', '*.txt', '{a,b}', '..*', '[x]'.repeat(60), 'con*', 'con', '-*', '*.'])(
    'makes "%s" a name',
    (glob) => {
      expect(nameRefusal(nameForPattern(glob))).toBeUndefined();
    },
  );
});
