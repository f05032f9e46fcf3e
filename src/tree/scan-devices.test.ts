// Two file systems below one source.
import { spawnSync } from 'node:child_process';
import { linkSync, lstatSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { EntryTable } from './entry-table.ts';
import { scan, startScan } from './scan.ts';

it('files with one inode number, of two file systems, are two', (context) => {
  const source = mkdtempSync(join(tmpdir(), 'snapshot-devices-'));
  onTestFinished(() => rmSync(source, { recursive: true }));
  for (const disk of ['a', 'b']) {
    const at = join(source, disk);
    mkdirSync(at);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', at]).status !== 0)
      return context.skip('needs the right to mount');
    onTestFinished(() => void spawnSync('umount', [at]));
    for (const name of ['one', 'three']) writeFileSync(join(at, name), `${name} of ${disk}`);
    linkSync(join(at, 'one'), join(at, 'two'));
  }
  const inodes = ['a/one', 'a/two', 'b/one', 'b/two'].map((path) => lstatSync(join(source, path)).ino);
  expect(new Set(inodes).size).toBe(1);
  const { task } = startScan(source);
  const table = new EntryTable();
  if (task !== undefined) table.append(scan(source, task, 1000).entries.toChunk().chunk);
  const files = Array.from({ length: table.length }, (_, i) => table.at(i)).filter(
    ({ type }) => type === 'file',
  );
  expect(files.map(({ path, hardlink }) => [path, hardlink])).toEqual([
    ['a/one', undefined],
    ['a/three', undefined],
    ['a/two', 'a/one'],
    ['b/one', undefined],
    ['b/three', undefined],
    ['b/two', 'b/one'],
  ]);
});
