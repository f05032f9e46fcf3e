import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Compressor } from '../../format/zstd/codec.ts';
import { loadCompressor, loadDecompressor } from '../../format/zstd/zstd.ts';
import { type BytePath, comparePaths } from '../../tree/path.ts';
import { EntryLines } from './entry-lines.ts';
import { formatLine, formatNone, type IndexEntry } from './index-line.ts';
import { LineReader } from './lines.ts';
import { PathLines } from './path-lines.ts';

const zstd: Compressor = await loadCompressor();
const decompressor = await loadDecompressor();

function itemOf(path: string, size: number): IndexEntry {
  return {
    entry: {
      path: path as BytePath,
      type: 'file',
      size,
      mode: 0o644,
      uid: 0,
      gid: 0,
      mtimeNs: 5n,
      ctimeNs: 6n,
      inode: 7n,
      target: undefined,
      hardlink: undefined,
    },
    user: undefined,
    group: undefined,
    hash: Buffer.alloc(32, size),
    at: [0, 1, 2, 3],
    changed: false,
  };
}

/** Each text is a frame. */
function reader(...texts: readonly string[]): LineReader {
  const bytes = Buffer.concat(texts.map((text) => zstd.compress(Buffer.from(text, 'latin1'))));
  return LineReader.open(bytes, createHash('sha256').update(bytes).digest('hex'), 'the/file', decompressor);
}

function sorted<T>(lines: ReadonlyMap<string, T>): [string, T][] {
  return [...lines].toSorted(([a], [b]) => comparePaths(a as BytePath, b as BytePath));
}

/** By path: the size of the file there, or `none`. */
type Lines = ReadonlyMap<string, number | 'none'>;

function textOf(lines: Lines): string {
  return sorted(lines)
    .map(
      ([path, size]) =>
        `${size === 'none' ? formatNone(path as BytePath) : formatLine(itemOf(path, size))}\n`,
    )
    .join('');
}

function entriesOf(lines: EntryLines): [string, number][] {
  const found: [string, number][] = [];
  const later: (() => IndexEntry)[] = [];
  for (; lines.path !== undefined; lines.skip()) {
    later.push(lines.later());
    const { entry } = lines.parse();
    expect(entry.path).toBe(lines.path);
    expect(lines.text()).toBe(formatLine(itemOf(entry.path, entry.size)));
    found.push([entry.path, entry.size]);
  }
  expect(later.map((parse) => [parse().entry.path, parse().entry.size])).toEqual(found);
  return found;
}

const PATHS = [
  '',
  'a',
  'a/b',
  'a/b/c',
  'a-b',
  'ab',
  'b',
  '\xff',
  '\xc3\xa9',
  'q"\\',
  'new\nline',
  '.a',
  'a..',
];
const somePaths = fc.uniqueArray(fc.constantFrom(...PATHS));
const aLine = fc.option(fc.nat({ max: 9 }), { nil: 'none' as const });

describe('EntryLines', () => {
  it('gives the entries of the index, and in their place what the changes say', () => {
    const index = somePaths.map((paths) => new Map(paths.map((path, i) => [path, i + 10])));
    const changes = fc.array(fc.tuple(fc.constantFrom(...PATHS), aLine)).map((lines) => new Map(lines));
    fc.assert(
      fc.property(index, fc.option(changes, { nil: undefined }), (before, after) => {
        const expected = sorted(new Map<string, number | 'none'>([...before, ...(after ?? [])]));
        const more = after === undefined ? undefined : reader(textOf(after));
        expect(entriesOf(new EntryLines(reader(textOf(before)), more))).toEqual(
          expected.filter(([, size]) => size !== 'none'),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('goes on where a frame ends', () => {
    const texts = ['a', 'b', 'c'].map((path) => textOf(new Map([[path, 1]])));
    expect(entriesOf(new EntryLines(reader(...texts), undefined)).map(([path]) => path)).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  it('refuses an index that says that there is no entry', () => {
    const lines = new EntryLines(reader(textOf(new Map([['a', 'none']]))), undefined);
    expect(lines.path).toBe('a');
    expect(() => lines.parse()).toThrow(/the\/file.*`a` is no entry/);
  });
});

describe('PathLines', () => {
  it.each([
    ['paths that are out of order', [itemOf('b', 1), itemOf('a', 1)], /`a` is out of order/],
    ['one path twice', [itemOf('a', 1), itemOf('a', 2)], /`a` is out of order/],
    ['a path that leads up', [itemOf('../a', 1)], /`path`/],
    ['a path that leads up from within', [itemOf('a/..', 1)], /`path`/],
    ['an absolute path', [itemOf('/a', 1)], /`path`/],
    ['a name that is empty', [itemOf('a//b', 1)], /`path`/],
  ])('refuses %s', (_, items, message) => {
    const lines = new PathLines(reader(`${items.map(formatLine).join('\n')}\n`));
    expect(() => {
      for (; lines.path !== undefined; lines.skip());
    }).toThrow(message);
  });

  it.each([
    ['no JSON', 'x\n', /not JSON/],
    ['a last line that is cut short', '{"path":"a"', /cut short|not JSON/],
  ])('refuses %s', (_, text, message) => {
    expect(() => {
      const lines = new PathLines(reader(text));
      for (; lines.path !== undefined; lines.skip());
    }).toThrow(message);
  });
});
