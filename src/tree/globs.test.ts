import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Excludes } from './exclude.ts';
import { type Glob, globFor, Globs } from './globs.ts';
import { type BytePath, fromBytes, fromText } from './path.ts';

function found(globs: readonly string[], paths: readonly string[]): readonly string[] {
  const matcher = new Globs(globs);
  return paths.filter((path) => matcher.matches(fromText(path.replace(/\/$/, '')), path.endsWith('/')));
}

const PATHS = [
  'a.jpg',
  'notes',
  'photos/',
  'photos/b.jpg',
  'photos/2026/',
  'photos/2026/c.png',
  'photos/x y ',
];

describe('Globs', () => {
  it.each<[string, string[], string[]]>([
    ['everything without a glob', [], PATHS],
    ['a name anywhere', ['*.jpg'], ['a.jpg', 'photos/b.jpg']],
    ['what a folder holds', ['photos/**'], PATHS.slice(3)],
    ['a folder with what it holds', ['photos'], PATHS.slice(2)],
    ['a folder only', ['notes/'], []],
    ['a name at the top', ['/*.jpg'], ['a.jpg']],
    ['a path that begins with a dot', ['./a.jpg'], ['a.jpg']],
    ['folders in between', ['photos/**/*.png'], ['photos/2026/c.png']],
    ['any of several', ['notes', '*.png'], ['notes', 'photos/2026/c.png']],
    ['any of those in braces', ['*.{jpg,png}'], ['a.jpg', 'photos/b.jpg', 'photos/2026/c.png']],
    ['what is not taken back', ['photos', '!photos/2026'], ['photos/', 'photos/b.jpg', 'photos/x y ']],
    ['all that is not taken back', ['!photos'], ['a.jpg', 'notes']],
    ['a name with a space at its end', ['x y '], ['photos/x y ']],
    ['nothing', ['other'], []],
  ])('finds %s', (_, globs, wanted) => {
    expect(found(globs, PATHS)).toEqual(wanted);
  });

  it.each([
    ['#a', '#a'],
    ['{a}', '{a}'],
    [String.raw`\{a,b}`, '{a,b}'],
    [String.raw`\!a`, '!a'],
    ['{{a,b},c}d', 'bd'],
    ['a./b', 'a./b'],
    ['.//a', 'a'],
    ['a  ', 'a  '],
  ])('%s finds %s', (glob, path) => {
    expect(found([glob], [path, 'other'])).toEqual([path]);
  });

  it('begins at the top with a dot, and ends with all of its spaces', () => {
    expect(found(['./a'], ['a', 'b/a'])).toEqual(['a']);
    expect(found(['a  '], ['a', 'a ', 'a  '])).toEqual(['a  ']);
  });

  it('takes the root for something in any folder', () => {
    expect(['*', '/*', 'a', '!a'].filter((glob) => new Globs([glob]).matches(fromText(''), true))).toEqual([
      '*',
      '/*',
      '!a',
    ]);
  });

  it('finds as before after very many paths', () => {
    const globs = new Globs(['f']);
    let count = 0;
    for (let i = 0; i < 50_000; i++) if (globs.matches(fromText(`f/${i}`), false)) count++;
    expect(count).toBe(50_000);
  });

  const letters = fc.string({
    unit: fc.constantFrom('a', 'b', '*', '/', '?', '[', ']', '\\', 'é', '{', ',', '}', '!'),
    maxLength: 8,
  });
  const name = fc.string({
    unit: fc.constantFrom('a', 'b', 'é', '*', '[', '\\', ' ', ','),
    minLength: 1,
    maxLength: 3,
  });
  const somePath = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => fromText(names.join('/')));

  it('takes a bracket that comes first in a class for one of its characters', () => {
    expect(new Globs(['[]a]']).matches(fromText('a'), false)).toBe(true);
    expect(new Globs(['x[]a]y']).matches(fromText('x]y'), false)).toBe(true);
  });

  it('never loses a path by its quick look', () => {
    fc.assert(
      fc.property(letters, somePath, (glob, path) => {
        const globs = new Globs([glob]);
        // With a second one that matches nothing but says nothing either, there is no quick look.
        if (new Globs([glob, '[^]?*'.repeat(9)]).matches(path, false))
          expect(globs.mayMatch(path)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a name with an accent', () => {
  const [composed, apart] = ['caf\u00e9.txt', 'cafe\u0301.txt'];
  it.each([
    [composed, apart],
    [apart, composed],
    [`**/${composed}`, apart],
    ['caf?.txt', apart],
    [`{${apart},x}`, composed],
  ])('%j finds %j', (glob, name) => {
    const globs = new Globs([glob]);
    expect([globs.mayMatch(fromText(name)), globs.matches(fromText(name), false)]).toEqual([true, true]);
    expect(Excludes.of([composed]).excludes(fromText(`a/${name}`), false)).toBe(true);
    const within = Excludes.of([]).within(fromText(apart), composed);
    expect(within.excludes(fromText(`${composed}/${name}`), false)).toBe(true);
  });

  it.each(['\u037e', '\u1fef', '\u212a'])('finds %j, which becomes a letter of ASCII in NFC', (name) => {
    for (const glob of [name, name.normalize(), globFor(fromText(name))]) {
      const globs = new Globs([glob]);
      expect([globs.mayMatch(fromText(name)), globs.matches(fromText(name), false)]).toEqual([true, true]);
    }
  });

  it('is not found without it', () => {
    for (const glob of ['cafe.txt', 'caf.txt', 'cafe*.txt'])
      expect(new Globs([glob]).matches(fromText(composed), false)).toBe(false);
  });
});

describe('a path in the place of a glob', () => {
  const OTHERS = ['cafe', 'caf', 'café', 'caf?', 'a/caf?', 'caf\\xe9'].map(fromText);
  const odd = fromBytes(Buffer.from([0x63, 0x61, 0x66, 0xe9]));
  const within = (globs: readonly Glob[]): readonly BytePath[] => {
    const matcher = new Globs(globs);
    return [odd, `${odd}/x` as BytePath, `${odd}x` as BytePath, ...OTHERS].filter(
      (path) => matcher.mayMatch(path) && matcher.matches(path, false),
    );
  };

  it('is that one, and all that it holds, whatever its bytes are', () => {
    expect(within([{ path: odd }])).toEqual([odd, `${odd}/x`]);
    expect(within([{ path: fromText('caf?') }])).toEqual([fromText('caf?')]);
  });

  it('goes along with globs, and with what is taken back', () => {
    expect(within([{ path: odd }, '/cafe'])).toEqual([odd, `${odd}/x`, fromText('cafe')]);
    expect(within([{ path: odd }, '!x'])).toEqual([odd]);
  });
});

describe('globFor()', () => {
  const anyName = fc
    .uint8Array({ minLength: 1, maxLength: 6 })
    .filter((bytes) => !bytes.includes(0) && !bytes.includes(0x2f))
    .map((bytes) => fromBytes(bytes))
    .filter((path) => path !== '.' && path !== '..');

  it('is a glob that matches the path, whatever its bytes are', () => {
    fc.assert(
      fc.property(fc.array(anyName, { minLength: 1, maxLength: 3 }), (names) => {
        const path = names.join('/') as BytePath;
        expect(new Globs([globFor(path)]).matches(path, false)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['\u00a0', 'a \u00a0', '\u2003 ', 'a\n', '\t', ' '])(
    'matches %j, which ends in white space',
    (name) => {
      expect(new Globs([globFor(fromText(name))]).matches(fromText(name), false)).toBe(true);
    },
  );

  it('shows what a terminal can, and a question mark for the rest', () => {
    expect(globFor(fromText('Käse/a\u0007b'))).toBe('/Käse/a?b');
    expect(globFor(fromBytes(Buffer.from([0x4b, 0xe4])))).toBe('/K?');
  });

  it('matches no path with other letters', () => {
    const odd = ['a*b', 'a?b', 'a[b]c', '{a,b}', '#a', '!a', ' a ', 'a'].map(fromText);
    for (const path of odd) {
      const globs = new Globs([globFor(path)]);
      expect(odd.filter((other) => globs.matches(other, false))).toEqual([path]);
      expect(globs.matches(`x/${path}` as BytePath, false)).toBe(false);
    }
  });
});
