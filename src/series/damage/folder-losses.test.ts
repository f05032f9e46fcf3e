import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BytePath, comparePaths } from '../../tree/path.ts';
import { canBeGrave, gravest, lossesOf, type OlderFile } from './folder-losses.ts';

/** So many files of `folder`, the first `lost` of them lost. */
interface Folder {
  readonly files: number;
  readonly lost?: number;
  readonly size?: number;
}

const SOME_FOLDERS: fc.Arbitrary<Readonly<Record<string, Folder>>> = fc.dictionary(
  fc
    .array(fc.constantFrom('a', 'b', 'a b', 'build'), { minLength: 1, maxLength: 3 })
    .map((names) => names.join('/')),
  fc.record({ files: fc.nat(300), lost: fc.nat(300) }),
  { maxKeys: 5 },
);

interface TestFile extends OlderFile {
  readonly isLost: boolean;
}

function filesOf(folders: Readonly<Record<string, Folder>>): readonly TestFile[] {
  return Object.entries(folders)
    .flatMap(([folder, { files, lost = 0, size = 1 }]) =>
      Array.from({ length: files }, (_, n) => ({
        path: (folder === '' ? `f${n}` : `${folder}/f${n}`) as BytePath,
        size,
        isLost: n < lost,
      })),
    )
    .toSorted((a, b) => comparePaths(a.path, b.path));
}

function grave(folders: Readonly<Record<string, Folder>>): string[] {
  return gravest(lossesOf(filesOf(folders), ({ isLost }) => isLost)).map(({ path }) => path);
}

describe('the folders that lost so much that a guard stops', () => {
  it.each<[string, Readonly<Record<string, Folder>>, string[]]>([
    ['a hundred files lost', { a: { files: 100, lost: 100 }, b: { files: 900 } }, []],
    ['one more', { a: { files: 101, lost: 101 }, b: { files: 900 } }, ['a']],
    ['half of a folder', { a: { files: 240, lost: 120 }, b: { files: 900 } }, []],
    ['more than half of it', { a: { files: 240, lost: 121 }, b: { files: 900 } }, ['a']],
    ['a twentieth of all files', { a: { files: 150, lost: 150 }, b: { files: 2850 } }, ['a']],
    ['less than that', { a: { files: 150, lost: 150 }, b: { files: 2851 } }, []],
    [
      'a twentieth of all bytes',
      { a: { files: 150, lost: 150, size: 100 }, b: { files: 28_500, size: 10 } },
      ['a'],
    ],
    ['less than that', { a: { files: 150, lost: 150, size: 100 }, b: { files: 28_501, size: 10 } }, []],
    ['nothing but empty files', { a: { files: 150, lost: 150, size: 0 }, b: { files: 9000, size: 0 } }, []],
    [
      'more than half of all',
      { a: { files: 90, lost: 90 }, b: { files: 90, lost: 60 }, '': { files: 99 } },
      [''],
    ],
    [
      'two folders',
      { a: { files: 200, lost: 200 }, b: { files: 800 }, 'c/d': { files: 200, lost: 200 } },
      ['a', 'c'],
    ],
    [
      'a folder within',
      { 'a/b/c': { files: 200, lost: 150 }, a: { files: 300 }, d: { files: 900 } },
      ['a/b'],
    ],
    [
      'many small folders',
      { 'a/b': { files: 60, lost: 60 }, 'a/c': { files: 60, lost: 60 }, d: { files: 500 } },
      ['a'],
    ],
    ['what is made by programs', { 'a/node_modules/x': { files: 900, lost: 900 }, d: { files: 500 } }, []],
    [
      'a folder beside what is made by programs, which has no weight',
      { 'a/node_modules/x': { files: 90_000 }, 'a/src': { files: 101, lost: 101 }, b: { files: 900 } },
      ['a'],
    ],
    [
      'names that begin alike',
      { a: { files: 120, lost: 120 }, 'a b': { files: 120 }, 'a.': { files: 900 } },
      ['a'],
    ],
    ['nothing', {}, []],
  ])('%s', (_, folders, expected) => {
    expect(grave(folders)).toEqual(expected);
  });

  it('are told with how many files they had and lost, and the first of those', () => {
    const files = filesOf({ 'a/b': { files: 150, lost: 110, size: 2 }, a: { files: 10 }, c: { files: 900 } });
    const { whole, folders } = lossesOf(files, ({ isLost }) => isLost);
    expect(whole).toMatchObject({ path: '', files: 1060, bytes: 300 + 10 + 900, lost: 110 });
    expect(folders.map(({ path, files: n, lost, bytes }) => [path, n, lost, bytes])).toEqual([
      ['a', 160, 110, 310],
      ['a/b', 150, 110, 300],
    ]);
    expect(folders[0]?.examples).toEqual(['a/b/f0', 'a/b/f1', 'a/b/f10']);
  });

  it('are counted as in a plain model', () => {
    fc.assert(
      fc.property(SOME_FOLDERS, (folders) => {
        const all = filesOf(folders);
        const { whole, folders: found } = lossesOf(all, ({ isLost }) => isLost);
        const counted = all.filter(({ path: at }) => !at.split('/').slice(0, -1).includes('build'));
        expect(whole.files).toBe(counted.length);
        const expected = new Map<string, number>();
        for (const { path: at, isLost } of counted) {
          const names = at.split('/');
          for (let n = 1; n < names.length; n++) {
            const folder = names.slice(0, n).join('/');
            if (isLost) expected.set(folder, (expected.get(folder) ?? 0) + 1);
          }
        }
        const few = [...expected].filter(([, lost]) => lost > 100);
        expect(new Map(found.map(({ path: at, lost }) => [at as string, lost]))).toEqual(new Map(few));
      }),
      { numRuns: 50 },
    );
  });

  it.each<[string, Readonly<Record<string, Folder>>, boolean]>([
    ['a hundred', { a: { files: 100, lost: 100 } }, false],
    ['one more, and as many kept', { a: { files: 202, lost: 101 } }, false],
    ['one more, and less kept', { a: { files: 201, lost: 101 } }, true],
    ['most of a folder of many files', { a: { files: 120, lost: 110 }, b: { files: 9000 } }, true],
    ['what is made by programs', { 'build/a': { files: 300, lost: 300 }, a: { files: 9 } }, false],
  ])('can be told of %s by what may be lost alone', (_, folders, expected) => {
    const all = filesOf(folders);
    const pathsOf = (wanted: boolean): BytePath[] =>
      all.filter(({ isLost }) => isLost === wanted).map(({ path }) => path);
    expect(canBeGrave(pathsOf(true), pathsOf(false))).toBe(expected);
  });

  it('are never missed by a look at what may be lost alone, whatever else may be', () => {
    fc.assert(
      fc.property(SOME_FOLDERS, fc.nat(7), (folders, every) => {
        const all = filesOf(folders);
        const isMaybe = ({ isLost }: TestFile, i: number): boolean => isLost || i % 8 < every;
        const maybe = all.filter(isMaybe).map(({ path: at }) => at);
        const kept = all.filter((file, i) => !isMaybe(file, i)).map(({ path: at }) => at);
        const found = gravest(lossesOf(all, ({ isLost }) => isLost));
        if (found.length > 0) expect(canBeGrave(maybe, kept)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
