import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BytePath, fromText } from '../../tree/path.ts';
import { findAliases, findTwins, otherSpellings } from './twins.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'snapshot-twins-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function table(...paths: readonly string[]): { length: number; path: (i: number) => BytePath } {
  return { length: paths.length, path: (i) => fromText(paths[i] ?? '') };
}

describe('findTwins()', () => {
  it('knows names that differ by case or Unicode form only, within a folder', () => {
    const paths = ['', 'A', 'D', 'D/x', 'a', 'caf\u00E9', 'cafe\u0301', 'd', 'd/x', 'd/X', 'x'];
    expect([...findTwins(table(...paths))]).toEqual([
      [4, 1],
      [6, 5],
      [7, 2],
      [9, 8],
    ]);
  });
});

describe('findTwins(), of letters that have two small forms', () => {
  it.each([
    ['STRASSE', 'stra\u00DFe'],
    ['s', '\u017F'],
    ['\u03C3', '\u03C2'],
  ])('takes %s and %s for one name', (one, other) => {
    expect([...findTwins(table(one, other))]).toEqual([[1, 0]]);
  });
});

describe.skipIf(process.platform !== 'linux')('findAliases()', () => {
  it('takes two that are both listed for two, also when they are one file', async () => {
    writeFileSync(join(root, 'A'), '');
    linkSync(join(root, 'A'), join(root, 'a'));
    const entries = table('A', 'a');
    expect([...(await findAliases(root, entries, findTwins(entries), () => true))]).toEqual([]);
  });

  it('takes one that is not listed for the other', async () => {
    mkdirSync(join(root, 'D'));
    writeFileSync(join(root, 'D', 'x'), '');
    const entries = table('D', 'D/X', 'D/x', 'd');
    const found = await findAliases(root, entries, findTwins(entries), () => true);
    expect([...found]).toEqual([2, 3]);
    expect([...(await findAliases(root, entries, findTwins(entries), (i) => i > 1))]).toEqual([]);
  });
});

describe('otherSpellings()', () => {
  it('finds what is wanted by its folded name, or by its inode', async () => {
    for (const name of ['README.md', 'other', 'odd']) writeFileSync(join(root, name), name);
    // As where a system folds names in a way that nobody knows.
    symlinkSync('other', join(root, 'link'));
    linkSync(join(root, 'odd'), join(root, 'ODD-in-another-way'));
    const extras = ['README.md', 'link', 'odd', 'other'].map(fromText);
    const same = await otherSpellings(root, extras, ['readme.MD', 'ODD-in-another-way'].map(fromText));
    expect([...same]).toEqual(['README.md', 'odd']);
    expect([...(await otherSpellings(root, extras, []))]).toEqual([]);
  });
});
