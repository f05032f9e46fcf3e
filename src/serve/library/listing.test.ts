import { describe, expect, it } from 'vitest';
import { type BytePath, display, fromBytes, fromText } from '../../tree/path.ts';
import type { Held } from './holdings.ts';
import { filesBelow, listFolder, type Listing, searchFiles } from './listing.ts';

const held = (path: BytePath, size = 1): Held => ({
  path,
  size,
  mtimeMs: 0,
  inode: 0,
  blake3: '0'.repeat(64),
  n: 1,
});
const all = (...paths: string[]): Held[] => paths.map((path) => held(fromText(path), 10));
const shown = ({ folders, files }: Listing): readonly string[] => [
  ...folders.map(({ path, files: count, bytes }) => `${display(path)}/ ${count} ${bytes}`),
  ...files.map(({ path }) => display(path)),
];
const FIRST = { after: undefined, limit: 100 };

describe('listFolder()', () => {
  it('has what is directly in it, folders with all that is below them', () => {
    const files = all('b.jpg', '2026/x/c', '2026/d', 'a.jpg', '20/e', '2026x');
    expect(shown(listFolder(files, fromText(''), FIRST))).toEqual([
      '20/ 1 10',
      '2026/ 2 20',
      '2026x',
      'a.jpg',
      'b.jpg',
    ]);
    expect(shown(listFolder(files, fromText('2026'), FIRST))).toEqual(['2026/x/ 1 10', '2026/d']);
    expect(shown(listFolder(files, fromText('none'), FIRST))).toEqual([]);
  });

  it('comes in pages that miss and repeat nothing, whatever their size', () => {
    const files = [...all('a/1', 'b/1', 'c/1', 'x', 'y', 'z', 'd'), held(fromBytes(Buffer.from([0xe9])))];
    const whole = shown(listFolder(files, fromText(''), FIRST));
    for (const limit of [1, 2, 3, 7, 8]) {
      const found: string[] = [];
      let after: string | undefined;
      do {
        const page = listFolder(files, fromText(''), { after, limit });
        found.push(...shown(page));
        expect(shown(page).length).toBeLessThanOrEqual(limit);
        after = page.next;
      } while (after !== undefined);
      expect(found).toEqual(whole);
    }
  });

  it('goes on behind what was shown when that is gone', () => {
    const { next } = listFolder(all('a', 'b', 'c'), fromText(''), { after: undefined, limit: 2 });
    expect(shown(listFolder(all('a', 'c', 'd'), fromText(''), { after: next, limit: 2 }))).toEqual([
      'c',
      'd',
    ]);
  });
});

describe('searchFiles()', () => {
  it('finds a text anywhere in a path, whatever its case and form', () => {
    const files = all('2026/Köln.jpg', 'Ko\u0308ln 2.jpg', 'KÖLN/a', 'other');
    expect(shown(searchFiles(files, 'köln', FIRST))).toHaveLength(3);
    expect(shown(searchFiles(files, '2026/k', FIRST))).toEqual(['2026/Köln.jpg']);
    expect(shown(searchFiles(files, 'none', FIRST))).toEqual([]);
  });
});

describe('filesBelow()', () => {
  it('has all of a folder, and nothing of one whose name begins alike', () => {
    const below = filesBelow(all('a/b/c', 'ab/c', 'a/a', 'a'), fromText('a'));
    expect(below.map(({ path }) => display(path))).toEqual(['a/a', 'a/b/c']);
    expect(filesBelow(all('a/b', 'c'), fromText(''))).toHaveLength(2);
  });
});
