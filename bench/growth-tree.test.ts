import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GrowingTree, smallFilePath } from './growth-tree.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'growth-tree-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** `path mtime content` of each file. */
function describeTree(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => `${path.slice(root.length)} ${statSync(path).mtimeMs} ${readFileSync(path, 'latin1')}`)
    .toSorted();
}

function grow(name: string, seed: number, ...steps: readonly number[]): string[] {
  const tree = new GrowingTree(join(folder, name), seed);
  for (const step of steps) tree.growTo(step);
  return describeTree(join(folder, name));
}

describe('GrowingTree', () => {
  it('writes the same tree whatever the steps, and another for another seed', () => {
    const tree = grow('a', 1, 250);

    expect(tree).toHaveLength(250);
    expect(grow('b', 1, 30, 100, 250)).toEqual(tree);
    expect(grow('c', 2, 250)).not.toEqual(tree);
  });

  it('writes 100 to 500 bytes into each file, and no two alike', () => {
    const contents = grow('a', 1, 300).map((line) => line.split(' ').slice(2).join(' '));
    const sizes = contents.map((content) => content.length);

    expect(new Set(contents).size).toBe(300);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(500);
  });
});

describe('smallFilePath()', () => {
  it.each([
    [0, '000/000/0.txt'],
    [99, '000/000/99.txt'],
    [100, '000/001/100.txt'],
    [999_999, '099/099/999999.txt'],
  ])('of %d is %s', (index, path) => {
    expect(smallFilePath(index)).toBe(path);
  });
});
