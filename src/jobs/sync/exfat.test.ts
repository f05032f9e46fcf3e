// A pair of which one side is a stick: it ignores case, has no modes, and gives new inodes each time it is mounted.
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hasExfat, mountedExfat, remountedExfat } from '../../../test/support/exfat.ts';
import type { SyncResult } from './result.ts';
import { sync } from './sync.ts';
import { undoSync } from './undo.ts';

function write(folder: string, name: string, text: string, at = 1_700_000_001): void {
  writeFileSync(join(folder, name), text);
  utimesSync(join(folder, name), at, at);
}

function names(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => !name.startsWith('.'));
}

describe.skipIf(!hasExfat)('a pair with exFAT on one side (needs root and exfat-fuse)', () => {
  let root: string;
  let here: string;
  let there: string;
  let unmount: () => void;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'snapshot-stick-'));
    [here, there] = [join(root, 'here'), join(root, 'stick', 'there')];
    vi.stubEnv('XDG_STATE_HOME', join(root, 'state'));
    for (const folder of [here, join(root, 'stick')]) mkdirSync(folder);
    unmount = mountedExfat(join(root, 'image'), join(root, 'stick'));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    unmount();
    rmSync(root, { recursive: true });
  });

  const remount = (): void => {
    unmount();
    // Others have the first numbers now.
    unmount = remountedExfat(join(root, 'image'), join(root, 'stick'));
    readdirSync(there)
      .toReversed()
      .forEach((name) => void statSync(join(there, name)));
  };
  const synced = async (): Promise<SyncResult> =>
    await sync(here, there, {
      dryRun: false,
      rehash: false,
      acceptChanges: false,
      exclude: [],
      isWanted: () => true,
      keep: {},
      signal: new AbortController().signal,
      warn: () => {},
      progress: () => {},
    });

  it('deletes on the stick what was deleted here while it was away', async () => {
    for (const name of ['a', 'b', 'c']) write(here, name, name);
    await synced();
    remount();
    rmSync(join(here, 'a'));
    expect((await synced()).done.map(({ do: what, path }) => [what, path])).toEqual([['delete', 'a']]);
    expect([names(here), names(there)]).toEqual([
      ['b', 'c'],
      ['b', 'c'],
    ]);
  });

  it('is taken back after the stick was away', async () => {
    write(here, 'a', 'old');
    await synced();
    write(here, 'a', 'changed', 1_700_000_501);
    await synced();
    remount();
    expect((await undoSync(here, there, false)).troubles).toEqual([]);
    expect(readFileSync(join(there, 'a'), 'utf8')).toBe('old');
  });

  it('keeps the mode of a file whose content is changed on the stick', async () => {
    write(here, 'key', 'old');
    chmodSync(join(here, 'key'), 0o600);
    await synced();
    write(there, 'key', 'changed', 1_700_000_501);
    await synced();
    expect([readFileSync(join(here, 'key'), 'utf8'), statSync(join(here, 'key')).mode & 0o777]).toEqual([
      'changed',
      0o600,
    ]);
  });

  it('says of a name that the stick cannot have that it cannot, and goes on', async () => {
    for (const name of ['a:b', 'c']) write(here, name, name);
    const { troubles } = await synced();
    expect(troubles.map(({ path, reason }) => [path, reason])).toEqual([
      ['a:b', 'this file system has no such name'],
    ]);
    expect([names(here), names(there)]).toEqual([['a:b', 'c'], ['c']]);
  });

  it('gives files and folders there the case that they have got here, and back', async () => {
    for (const folder of ['d', 'd/s']) mkdirSync(join(here, folder));
    for (const name of ['c', 'd/x', 'd/s/y']) write(here, name, name);
    await synced();
    renameSync(join(here, 'c'), join(here, 'C'));
    renameSync(join(here, 'd'), join(here, 'D'));
    expect((await synced()).troubles).toEqual([]);
    expect(
      [names(there), names(join(there, 'D')), names(join(there, 'D/s'))].map((all) => all.join()),
    ).toEqual(['C,D', 's,x', 'y']);
    expect((await synced()).done).toEqual([]);
    expect(readFileSync(join(there, 'D/s/y'), 'utf8')).toBe('d/s/y');
    expect((await undoSync(here, there, false)).troubles).toEqual([]);
    expect(names(there)).toEqual(['c', 'd']);
  });
});
