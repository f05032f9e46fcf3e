import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CorpusOptions } from './corpus-plan.ts';
import { IMAGE_PATH, planCorpus } from './corpus-plan.ts';
import { buildCorpus } from './corpus.ts';
import { changeBigFile, mutate } from './mutate.ts';

const TINY: CorpusOptions = { scale: 0.003, seed: 1 };

let temporary: string;
const inTemporary = (name: string): string => join(temporary, name);

beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'snapshot-corpus-'));
});
afterEach(() => rmSync(temporary, { recursive: true, force: true }));

/** One line per entry: type, mode, mtime, number of names, and content or target. */
function describeTree(folder: string): Map<string, string> {
  // With the type, since without it Node 20 walks into links to folders.
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    entries
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      .toSorted()
      .map((path) => [path, describeEntry(join(folder, path))]),
  );
}

function describeEntry(path: string): string {
  const stats = lstatSync(path);
  const { mode, mtimeMs, nlink } = stats;
  if (stats.isSymbolicLink()) return `link ${mtimeMs} ${readlinkSync(path)}`;
  if (stats.isDirectory()) return `folder ${mode} ${mtimeMs}`;
  return `file ${mode} ${mtimeMs} ${nlink} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
}

/** Paths of files and links that came, went or differ; folders change with what is written in them. */
function changedPaths(before: Map<string, string>, after: Map<string, string>): string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter(
    (path) => before.get(path) !== after.get(path) && after.get(path)?.startsWith('folder') !== true,
  );
}

function mutatedCorpus(name: string, round: number): Map<string, string> {
  buildCorpus(inTemporary(name), TINY);
  mutate(inTemporary(name), { fraction: 0.1, round });
  return describeTree(inTemporary(name));
}

describe('buildCorpus()', () => {
  it('writes the same tree for the same seed, and another for another', () => {
    buildCorpus(inTemporary('a'), TINY);
    buildCorpus(inTemporary('b'), TINY);
    buildCorpus(inTemporary('c'), { ...TINY, seed: 2 });

    expect(describeTree(inTemporary('b'))).toEqual(describeTree(inTemporary('a')));
    expect(describeTree(inTemporary('c'))).not.toEqual(describeTree(inTemporary('a')));
  });

  it('counts what it wrote', () => {
    const counts = buildCorpus(inTemporary('a'), TINY);

    const lines = [...describeTree(inTemporary('a')).values()];
    const countOf = (type: string): number => lines.filter((line) => line.startsWith(type)).length;
    expect(counts).toMatchObject({
      files: countOf('file'),
      folders: countOf('folder'),
      symlinks: countOf('link'),
    });
  });

  it('leaves an unchanged corpus alone, and writes a changed one again', () => {
    const before = buildCorpus(inTemporary('a'), TINY);
    const inode = statSync(inTemporary(`a/${IMAGE_PATH}`)).ino;
    const asWritten = describeTree(inTemporary('a'));

    expect(buildCorpus(inTemporary('a'), TINY)).toEqual(before);
    expect(statSync(inTemporary(`a/${IMAGE_PATH}`)).ino).toBe(inode);

    mutate(inTemporary('a'), { fraction: 0.05, round: 1 });
    buildCorpus(inTemporary('a'), TINY);
    expect(describeTree(inTemporary('a'))).toEqual(asWritten);
  });

  it('refuses a folder that it did not write', () => {
    mkdirSync(inTemporary('mine/kept'), { recursive: true });

    expect(() => buildCorpus(inTemporary('mine'), TINY)).toThrow(/no corpus was written there/);
    expect(existsSync(inTemporary('mine/kept'))).toBe(true);
  });
});

describe('planCorpus()', () => {
  const files = planCorpus({ scale: 1, seed: 1 }).filter((entry) => entry.type === 'file');
  const sizes = files.map((entry) => entry.sizeBytes).toSorted((left, right) => left - right);

  it('plans 2.0 GB in about 71,000 files', () => {
    expect(files.length).toBeGreaterThan(70_000);
    expect(files.length).toBeLessThan(72_000);
    expect(sizes.reduce((sum, size) => sum + size, 0) / 1e9).toBeCloseTo(2, 1);
  });

  it('plans mostly small files and a few large ones', () => {
    expect(sizes[Math.floor(sizes.length / 2)]).toBeGreaterThan(1500);
    expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThan(2500);
    expect(sizes.at(-1)).toBe(200_000_000);
  });

  it('gives no path twice', () => {
    const paths = planCorpus({ scale: 1, seed: 1 }).map((entry) => entry.path);
    expect(new Set(paths).size).toBe(paths.length);
  });
});

describe('the text of the corpus', () => {
  it('compresses as source code does', () => {
    buildCorpus(inTemporary('a'), TINY);

    const texts = [...describeTree(inTemporary('a')).keys()].filter((path) => /\.(h|py|js|json)$/.test(path));
    const whole = Buffer.concat(texts.map((path) => readFileSync(join(inTemporary('a'), path))));
    const factor = whole.length / gzipSync(whole).length;
    expect(factor).toBeGreaterThan(3);
    expect(factor).toBeLessThan(5);
  });
});

describe('mutate()', () => {
  it('changes the asked fraction of the files', () => {
    const { files } = buildCorpus(inTemporary('a'), TINY);
    const before = describeTree(inTemporary('a'));

    const done = mutate(inTemporary('a'), { fraction: 0.2, round: 1 });

    const total = Object.values(done).reduce((sum, count) => sum + count, 0);
    expect(total).toBe(Math.round((files - 1) * 0.2));
    // A rename shows twice; a file with a second name may, too.
    const seen = changedPaths(before, describeTree(inTemporary('a'))).length;
    expect(seen).toBeGreaterThanOrEqual(total + done.renamed);
    expect(seen).toBeLessThanOrEqual(total + done.renamed + 2);
    expect(done.edited / total).toBeGreaterThan(0.65);
  });

  it('makes the same changes to the same tree, and others in another round', () => {
    const first = mutatedCorpus('a', 1);
    expect(changedPaths(first, mutatedCorpus('b', 1))).toEqual([]);
    expect(changedPaths(first, mutatedCorpus('c', 2))).not.toEqual([]);
  });
});

describe('changeBigFile()', () => {
  it('changes the middle of the disk image and nothing else', () => {
    buildCorpus(inTemporary('a'), { ...TINY, scale: 0.02 });
    const before = describeTree(inTemporary('a'));
    const bytesBefore = readFileSync(inTemporary(`a/${IMAGE_PATH}`));

    changeBigFile(inTemporary('a'), 1);

    expect(changedPaths(before, describeTree(inTemporary('a')))).toEqual([IMAGE_PATH]);
    const bytes = readFileSync(inTemporary(`a/${IMAGE_PATH}`));
    const differing = bytes.filter((byte, index) => byte !== bytesBefore[index]).length;
    expect(bytes.length).toBe(bytesBefore.length);
    expect(differing).toBeGreaterThan(1_000_000);
    expect(differing).toBeLessThanOrEqual(1_048_576);
  });
});
