import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Excludes } from './exclude.ts';
import { type BytePath, fromBytes, fromText } from './path.ts';

/** What each folder's rules say, by its path; `''` is the top. */
type RulesOf = Readonly<Record<string, string>>;

/** Paths of a small tree, a folder with a slash at its end, each after the folder that holds it. */
const TREE = [
  'a',
  'b/',
  'b/a',
  'b/ab/',
  'b/ab/a',
  'b/ab/b/',
  'b/ab/b/a.x',
  'b/b',
  '!a',
  '#a',
  'a b',
  'a*/',
  'a*/a',
  'a*/b.x',
  'ab/',
  'ab/b/',
  'ab/b/ab',
];

/** What of TREE is left out below `rules`, as a scan asks: what lies in a folder that is left out, it never asks about. */
function leftOut(rules: RulesOf): readonly string[] {
  const inside = new Map<string, Excludes>([['.', Excludes.of((rules[''] ?? '').split('\n'))]]);
  return TREE.filter((path) => {
    const excludes = inside.get(dirname(path));
    const plain = fromText(path.replace(/\/$/, ''));
    if (excludes?.excludes(plain, path.endsWith('/')) !== false) return true;
    const own = rules[plain];
    inside.set(plain, own === undefined ? excludes : excludes.within(plain, own));
    return false;
  });
}

/** What git leaves out of TREE below each of `cases`. */
function leftOutByGit(cases: readonly RulesOf[]): readonly (readonly string[])[] {
  const root = mkdtempSync(join(tmpdir(), 'snapshot-exclude-'));
  try {
    cases.forEach((rules, n) => {
      const top = join(root, String(n));
      mkdirSync(top);
      // What is not there is a file to git.
      for (const path of TREE) if (path.endsWith('/')) mkdirSync(join(top, path));
      for (const [folder, text] of Object.entries(rules))
        writeFileSync(join(top, folder, '.gitignore'), text);
    });
    const plain = TREE.map((path) => path.replace(/\/$/, ''));
    const paths = cases.flatMap((_, n) => plain.map((path) => `${n}/${path}`));
    const git = (args: readonly string[], input = ''): string =>
      spawnSync('git', ['-c', 'core.excludesFile=', ...args], { cwd: root, input, encoding: 'utf8' }).stdout;
    git(['init', '-q']);
    const found = new Set(git(['check-ignore', '--no-index', '-z', '--stdin'], paths.join('\0')).split('\0'));
    return cases.map((_, n) => TREE.filter((_path, at) => found.has(`${n}/${plain[at]}`)));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

describe('Excludes', () => {
  it.each<[string, RulesOf, string[]]>([
    ['a name, anywhere below its folder', { b: 'a' }, ['b/a', 'b/ab/a']],
    ['a folder, anywhere below its own', { b: 'b/' }, ['b/ab/b/', 'b/ab/b/a.x']],
    ['a path from its folder on', { b: 'ab/a' }, ['b/ab/a']],
    ['a name in its folder only', { b: '/a\n/a.x' }, ['b/a']],
    ['what is not taken back, in any folder below', { '': 'a\n#a', b: '!a' }, ['a', 'a*/a']],
    ['what a name with a sign says', { '': String.raw`\#a` + '\n' + String.raw`\!a` }, ['!a', '#a']],
    ['below a folder whose name reads as a pattern', { 'a*': 'a\nb\n*.x' }, ['a*/a', 'a*/b.x']],
    ['a folder, also with spaces after it', { b: 'b/  ' }, ['b/ab/b/', 'b/ab/b/a.x']],
    ['nothing deeper by a path', { b: 'b/a.x' }, []],
    ['as before what nothing takes back', { '': 'b/ab', b: '!\n!/\n! ' }, TREE.slice(3, 7)],
    ['nothing by a byte order mark in the middle', { b: 'x\na\uFEFF' }, []],
    [
      'what comes after a byte order mark, and before the end of a line of Windows',
      { b: '\uFEFFa\r\nb' },
      ['b/a', 'b/ab/a', 'b/ab/b/', 'b/ab/b/a.x', 'b/b'],
    ],
    ['nothing by what names nothing', { '': '!', b: '/\n!\n! \n\n # \n#a' }, []],
  ])('leave out %s', (_, rules, paths) => {
    expect(leftOut(rules)).toEqual(paths);
  });

  it('take a name that is no text for its bytes', () => {
    const excludes = Excludes.of(['/a']).within(fromText('b/\u{10ffff}'), 'x');
    const odd = fromBytes(Buffer.from([0x62, 0x2f, 0xff]));
    const below = Excludes.of([]).within(odd, '/x\né');
    expect(excludes.excludes(odd, true)).toBe(false);
    expect(below.excludes(join(odd, 'x') as BytePath, false)).toBe(true);
    expect(below.excludes(join(odd, fromText('é')) as BytePath, false)).toBe(true);
    expect(below.excludes('b/y/x' as BytePath, false)).toBe(false);
    expect(Excludes.from(below.rules).excludes(join(odd, 'x') as BytePath, false)).toBe(true);
  });

  it.each<[readonly string[], string, boolean | undefined]>([
    [[], 'cache', false],
    [['cache'], 'cache', true],
    [['cache'], 'other', false],
    [['cache/'], 'cache', undefined],
    [['*', '!*/'], 'cache', undefined],
    [['x', '*', '!cache'], 'cache', false],
    [['x', '*', '!cache'], 'other', true],
  ])('know by the name alone, or that somebody has to look: %j, %s', (patterns, name, known) => {
    const excludes = Excludes.of(patterns);
    expect(excludes.excludesAny(fromText(name))).toBe(known);
    // A file deeper down that takes nothing back says nothing of those above.
    expect(excludes.within(fromText('deep'), 'z').excludesAny(fromText(name))).toBe(known);
  });

  it('take any name that a path may have', () => {
    const excludes = Excludes.of(['x']);
    for (const name of ['...', '..x', '...x'])
      expect(excludes.excludes(fromText(name), false), name).toBe(false);
    const brackets = Excludes.of([]).within(fromText('[x]'), 'a');
    expect(brackets.excludes(fromText('[x]/a'), false)).toBe(true);
    expect(brackets.excludes(fromText('x/a'), false)).toBe(false);
  });

  it.skipIf(process.platform === 'win32' || process.platform === 'darwin')(
    'tell upper from lower case where file systems do',
    () => {
      expect(Excludes.of(['A']).excludes(fromText('a'), false)).toBe(false);
    },
  );

  const piece = fc.constantFrom('a', 'b', 'ab', '*', 'a*', '*.x', '?', '**', 'a b', '[ab]', String.raw`a\*`);
  const pattern = fc
    .record({
      sign: fc.constantFrom('', '', '', '!', String.raw`\!`, String.raw`\#`, '#'),
      slash: fc.constantFrom('', '', '/'),
      pieces: fc.array(piece, { minLength: 1, maxLength: 3 }),
      end: fc.constantFrom('', '', '/', '  ', '/ '),
    })
    .map(({ sign, slash, pieces, end }) => sign + slash + pieces.join('/') + end);
  const text = fc.array(
    fc.oneof({ weight: 5, arbitrary: pattern }, fc.constantFrom('', '!', '/', ' ', '!/', '! ')),
    {
      maxLength: 3,
    },
  );
  const rules = fc.uniqueArray(
    fc.tuple(fc.constantFrom('', 'b', 'b/ab', 'b/ab/b', 'a*', 'ab', 'ab/b'), text),
    { selector: ([folder]) => folder, minLength: 1, maxLength: 4 },
  );

  it('leave out what git leaves out, with rules in any folders', () => {
    const cases = fc
      .sample(rules, 30)
      .map((all): RulesOf => Object.fromEntries(all.map(([folder, lines]) => [folder, lines.join('\n')])));
    const wrong = leftOutByGit(cases).flatMap((byGit, n) => {
      const own = leftOut(cases[n] ?? {});
      return own.join('|') === byGit.join('|') ? [] : [{ rules: cases[n], own, byGit }];
    });
    expect(wrong).toEqual([]);
  });
});

it.each(['NFC', 'NFD'] as const)(
  'a name is one however its accents are written, also where a rule has them in %s',
  (form) => {
    const rule = 'caf\u00e9/'.normalize(form);
    for (const excludes of [Excludes.of([rule]), Excludes.of([]).within(fromText(''), rule)]) {
      const found = ['NFC', 'NFD'].map((other) =>
        excludes.excludes(fromText('a/caf\u00e9'.normalize(other)), true),
      );
      expect(found).toEqual([true, true]);
    }
  },
);
