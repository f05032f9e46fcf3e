// A side whose disk is taken away, or is not there yet.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { SyncResult } from './result.ts';
import { sync, type SyncOptions } from './sync.ts';
import { undoSync } from './undo.ts';

let root: string;
let here: string;
let there: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'snapshot-away-'));
  [here, there] = [join(root, 'here'), join(root, 'there')];
  for (const folder of [here, there]) mkdirSync(folder);
  vi.stubEnv('XDG_STATE_HOME', join(root, 'state'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

async function synced(options: Partial<SyncOptions> = {}, side: string = there): Promise<SyncResult> {
  return await sync(here, side, {
    dryRun: false,
    rehash: false,
    acceptChanges: false,
    exclude: [],
    isWanted: () => true,
    keep: {},
    signal: new AbortController().signal,
    warn: () => {},
    progress: () => {},
    ...options,
  });
}

function write(name: string, text: string): void {
  writeFileSync(join(here, name), text);
  utimesSync(join(here, name), 1_700_000_000, 1_700_000_000);
}

/** As if the disk of the other side had been unmounted. */
function takeAway(): void {
  renameSync(there, join(root, 'away'));
  mkdirSync(there);
}

function bringBack(): void {
  rmSync(there, { recursive: true });
  renameSync(join(root, 'away'), there);
}

it('deletes nothing here that was written where a disk had been', async () => {
  write('first', 'first');
  await synced();
  const names = Array.from({ length: 30 }, (_, i) => `file ${i}`);
  for (const name of names) write(name, name);
  const running = synced({
    progress: ({ files }) => {
      if (files === 1) takeAway();
    },
  });
  await expect(running).rejects.toMatchObject({ code: 'E_AWAY' });
  expect((await synced()).stop?.guard).toBe('replaced-side');
  bringBack();
  await synced();
  for (const side of [here, there]) expect(names.filter((name) => !existsSync(join(side, name)))).toEqual([]);
});

it('takes nothing back where another disk is, and can do it once the right one is there', async () => {
  write('file', 'old');
  await synced();
  write('file', 'changed');
  await synced();
  takeAway();
  await expect(undoSync(here, there, false)).rejects.toMatchObject({ code: 'E_GUARD' });
  expect(readdirSync(there)).toEqual([]);
  rmSync(there, { recursive: true });
  await expect(undoSync(here, there, false)).rejects.toMatchObject({ code: 'E_AWAY' });
  mkdirSync(there);
  bringBack();
  expect((await undoSync(here, there, false)).troubles).toEqual([]);
  expect(readFileSync(join(there, 'file'), 'utf8')).toBe('old');
});

it('knows a side that it has made behind a link', async () => {
  symlinkSync('there', join(root, 'link'));
  for (const name of ['a', 'b']) write(name, name);
  await synced({}, join(root, 'link', 'new', 'side'));
  rmSync(join(here, 'a'));
  const { isFirst } = await synced({}, join(root, 'link', 'new', 'side'));
  expect([isFirst, existsSync(join(here, 'a')), existsSync(join(there, 'new', 'side', 'a'))]).toEqual([
    false,
    false,
    false,
  ]);
});

it('makes no side within the other one, behind a link', async () => {
  symlinkSync('here', join(root, 'link'));
  await expect(synced({}, join(root, 'link', 'new'))).rejects.toMatchObject({ code: 'E_USAGE' });
  expect(readdirSync(here)).toEqual([]);
});
