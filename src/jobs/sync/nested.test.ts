// A folder of a side that is itself a side of another pair.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { bring } from '../../../test/support/synced.ts';
import { DOT_SYNC, DOT_SYNC_LOCK, ROOT_FILE } from '../../sync/own-paths.ts';
import { conflictsOf } from './result.ts';

const PART = '.snapshot-0123456789abcdef.part';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'snapshot-nested-'));
  for (const folder of ['a/inner', 'b', 'c']) mkdirSync(join(root, folder), { recursive: true });
  vi.stubEnv('XDG_STATE_HOME', join(root, 'state'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

function at(...path: readonly string[]): string {
  return join(root, ...path);
}

it('carries over none of what the other pair keeps there, and disturbs it in nothing', async () => {
  writeFileSync(at('a/inner/file'), 'text');
  await bring(at('a/inner'), at('c'));
  writeFileSync(at('a/inner', DOT_SYNC_LOCK), 'of one that is at work');
  writeFileSync(at('a/inner', PART), 'half');
  await bring(at('a'), at('b'));
  expect(readdirSync(at('b/inner'))).toEqual(['file']);
  expect(readFileSync(at('a/inner', DOT_SYNC_LOCK), 'utf8')).toBe('of one that is at work');
  expect(existsSync(at('a/inner', PART))).toBe(true);
});

it('leaves what each of two inner sides keeps for itself', async () => {
  for (const side of ['a', 'b']) {
    mkdirSync(at(side, 'inner'), { recursive: true });
    writeFileSync(at(side, 'inner/file'), 'text');
  }
  await bring(at('a'), at('b'));
  await bring(at('a/inner'), at('b/inner'));
  const ids = ['a', 'b'].map((side) => readFileSync(at(side, 'inner', ROOT_FILE), 'utf8'));
  writeFileSync(at('a/inner/file'), 'changed');
  expect(conflictsOf(await bring(at('a'), at('b')))).toEqual([]);
  expect(ids).toEqual(['a', 'b'].map((side) => readFileSync(at(side, 'inner', ROOT_FILE), 'utf8')));
  expect(readFileSync(at('b/inner/file'), 'utf8')).toBe('changed');
  // What guards it knows both roots again.
  const { stop } = await bring(at('a/inner'), at('b/inner'), { acceptChanges: false });
  expect(stop).toBeUndefined();
});

it('deletes a folder with all that is synced of it, and what the other pair keeps stays', async () => {
  writeFileSync(at('a/inner/file'), 'text');
  writeFileSync(at('a/other'), 'text');
  await bring(at('a/inner'), at('c'));
  await bring(at('a'), at('b'));
  rmSync(at('b/inner'), { recursive: true });
  await bring(at('a'), at('b'));
  expect(readdirSync(at('a/inner')).toSorted()).toEqual(['.snapshot-data', DOT_SYNC]);
  expect((await bring(at('a'), at('b'))).done).toEqual([]);
  // All of a side is gone: the other pair does not take that for somebody's wish.
  const { stop } = await bring(at('a/inner'), at('c'), { acceptChanges: false });
  expect(stop?.guard).toBe('empty-side');
});

it.each(['.sync', '.sync.lock'])('carries over a %s of somebody else', async (name) => {
  writeFileSync(at('a/inner', name), 'mine');
  await bring(at('a'), at('b'));
  expect(readFileSync(at('b/inner', name), 'utf8')).toBe('mine');
});
