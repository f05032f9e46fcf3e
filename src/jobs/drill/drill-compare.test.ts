// A drill says "passed" of a tree only when each thing in it is as the index has it.
import {
  chmodSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadBlake3 } from '../../hash/blake3.ts';
import type { IndexEntry } from '../../series/index/index-line.ts';
import { EntryTable } from '../../tree/entry-table.ts';
import { scanTree } from '../../tree/scanner.ts';
import { compareTree, type TreeComparison } from './drill-compare.ts';

const WHEN = new Date('2026-05-06T07:08:09Z');
const { signal } = new AbortController();

/** A small tree, and the index of it. */
async function openTree(): Promise<{ root: string; entries: readonly IndexEntry[] }> {
  const root = mkdtempSync(join(tmpdir(), 'snapshot-compare-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'folder'));
  writeFileSync(join(root, 'folder', 'first'), 'content');
  linkSync(join(root, 'folder', 'first'), join(root, 'folder', 'second'));
  writeFileSync(join(root, 'single'), 'single');
  symlinkSync('single', join(root, 'link'));
  spawnSync('chmod', ['600', join(root, 'single')]);
  setTimes(root);
  const table = new EntryTable();
  await scanTree(root, signal, table, () => {});
  const hasher = await (await loadBlake3()).create();
  const entries = Array.from({ length: table.length }, (_, i): IndexEntry => {
    const entry = table.at(i);
    hasher.reset();
    hasher.update(Buffer.from(entry.path === 'single' ? 'single' : 'content'));
    const hash = entry.type === 'file' ? Uint8Array.from(hasher.digest()) : undefined;
    return { entry, user: undefined, group: undefined, hash, at: undefined, changed: false };
  });
  return { root, entries };
}

/** Makes two files of one, with the same content. */
function part(root: string): void {
  unlinkSync(join(root, 'folder/second'));
  writeFileSync(join(root, 'folder/second'), 'content');
}

/** Gives everything one time, so that no change of a test shows by it. */
function setTimes(root: string): void {
  for (const path of ['folder/first', 'folder/second', 'folder', 'single', 'link'])
    if (lstatSync(join(root, path), { throwIfNoEntry: false })) lutimesSync(join(root, path), WHEN, WHEN);
}

async function compared(
  change: (root: string) => void,
  { isZip = false, keepsTimes = true } = {},
): Promise<TreeComparison> {
  const { root, entries } = await openTree();
  change(root);
  if (keepsTimes) setTimes(root);
  return await compareTree(root, entries, isZip, signal);
}

function replace(make: (path: string) => void, path: string): (root: string) => void {
  return (root) => {
    rmSync(join(root, path), { recursive: true });
    make(join(root, path));
  };
}

describe('a drill', () => {
  it.each([false, true])('finds no difference in what is as it was (zip: %s)', async (isZip) => {
    expect(await compared(() => {}, { isZip })).toEqual({
      paths: 5,
      bytes: 7 + 7 + 6,
      differences: [],
      differenceCount: 0,
    });
  });

  it.each<[string, string, (root: string) => void]>([
    [
      'other content of the same size',
      'single: its content is another one',
      (root) => writeFileSync(join(root, 'single'), 'sinGle'),
    ],
    [
      'more content',
      'single: it has 7 bytes, not 6',
      (root) => writeFileSync(join(root, 'single'), 'single!'),
    ],
    [
      'a link that leads elsewhere',
      'link: it leads to "sinGle"',
      replace((path) => symlinkSync('sinGle', path), 'link'),
    ],
    [
      'another mode of a file',
      'single: its mode is 0640, not 0600',
      (root) => chmodSync(join(root, 'single'), 0o640),
    ],
    [
      'another mode of a folder',
      'folder: its mode is 2755, not 0755',
      (root) => chmodSync(join(root, 'folder'), 0o2755),
    ],
    ['two files that were one', 'folder/second: it is not one file with "folder/first"', part],
    [
      'a file in place of a link',
      'link: it is no link',
      replace((path) => writeFileSync(path, 'single'), 'link'),
    ],
    [
      'a link in place of a file',
      'single: it is no file',
      replace((path) => symlinkSync('folder/first', path), 'single'),
    ],
    [
      'a file that nobody asked for',
      'folder/third: nobody asked for it',
      (root) => writeFileSync(join(root, 'folder/third'), ''),
    ],
  ])('finds %s', async (_, difference, change) => {
    expect(await compared(change)).toMatchObject({
      differences: [difference],
      differenceCount: 1,
      paths: difference.endsWith('asked for it') ? 5 : 4,
    });
  });

  it.each(['single', 'link', 'folder/first', 'folder'])('finds another time of %s', async (path) => {
    const other = new Date(WHEN.getTime() + 1);
    const { differences } = await compared((root) => lutimesSync(join(root, path), other, other), {
      keepsTimes: false,
    });
    expect(differences.length).toBeGreaterThan(0);
    expect(differences.every((text) => text.includes('its time is'))).toBe(true);
  });

  it.skipIf(process.platform === 'win32')('finds another time also before 1970', async () => {
    const { root, entries } = await openTree();
    const then = new Date('1962-03-04T05:06:07Z');
    const mtimeNs = BigInt(then.getTime()) * 1_000_000n;
    const old = entries.map((item) =>
      item.entry.path === 'single' ? { ...item, entry: { ...item.entry, mtimeNs } } : item,
    );
    expect((await compareTree(root, old, false, signal)).differences).toEqual([
      expect.stringContaining('single: its time is'),
    ]);
    utimesSync(join(root, 'single'), then, then);
    expect((await compareTree(root, old, false, signal)).differences).toEqual([]);
  });

  it('finds a file that is missing, and each of many', async () => {
    const { root, entries } = await openTree();
    unlinkSync(join(root, 'single'));
    for (let i = 0; i < 30; i++) writeFileSync(join(root, 'folder', `more-${i}`), '');
    setTimes(root);
    const { differences, differenceCount } = await compareTree(root, entries, false, signal);
    expect(differences[0]).toBe('single: no such file or folder');
    expect([differences.length, differenceCount]).toEqual([20, 31]);
  });

  it('of a zip takes what a zip cannot say: parts of a second, times of links, and which files are one', async () => {
    const later = new Date(WHEN.getTime() + 999);
    const change = (root: string): void => {
      part(root);
      setTimes(root);
      utimesSync(join(root, 'single'), later, later);
      lutimesSync(join(root, 'link'), new Date(0), new Date(0));
    };
    expect(await compared(change, { isZip: true, keepsTimes: false })).toMatchObject({ differenceCount: 0 });
    const next = new Date(WHEN.getTime() + 1000);
    const wrong = await compared((root) => utimesSync(join(root, 'single'), next, next), {
      isZip: true,
      keepsTimes: false,
    });
    expect(wrong).toMatchObject({ differenceCount: 1 });
    const content = await compared((root) => writeFileSync(join(root, 'single'), 'sinGle'), { isZip: true });
    expect(content).toMatchObject({ differences: ['single: its content is another one'] });
  });

  it('ends with the reason of its signal', async () => {
    const { root, entries } = await openTree();
    const reason = new Error('enough');
    await expect(compareTree(root, entries, false, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
