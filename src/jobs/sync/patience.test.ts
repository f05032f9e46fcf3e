// Pairs that share a side, each with a watch of its own.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { bring } from '../../../test/support/synced.ts';
import { LocalSide } from '../../sync/local-side.ts';
import { lockSide } from '../../sync/lock.ts';
import { DATA_FOLDER } from '../../sync/own-paths.ts';

let here: string;
let there: string;
beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), 'snapshot-patience-'));
  [here, there] = [join(root, 'here'), join(root, 'there')];
  for (const folder of [here, there]) mkdirSync(folder);
  writeFileSync(join(here, 'file'), 'text');
  vi.stubEnv('XDG_STATE_HOME', join(root, 'state'));
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(root, { recursive: true });
  });
});

it('waits for the sync of another pair, where it is told to', async () => {
  const other = await lockSide(await LocalSide.open(there), () => {});
  await expect(bring(here, there)).rejects.toMatchObject({ code: 'E_LOCKED' });
  // Two locks that came to nothing: the first try is over by then.
  const tries = new Set<string>();
  const tried = new Promise<void>((resolve) => {
    const watcher = watch(join(there, DATA_FOLDER), (_, name) => {
      const [lock] = /^lock-[0-9a-f]+/.exec(name ?? '') ?? [];
      if (lock !== undefined) tries.add(lock);
      if (tries.size < 2) return;
      watcher.close();
      resolve();
    });
  });
  const waiting = bring(here, there, { waitMs: 600_000 });
  await tried;
  await other.release();
  await waiting;
  expect(readFileSync(join(there, 'file'), 'utf8')).toBe('text');
});

it('ends its wait when it is stopped', async () => {
  const other = await lockSide(await LocalSide.open(there), () => {});
  const ending = new AbortController();
  const waiting = bring(here, there, { waitMs: 600_000, signal: ending.signal });
  ending.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'E_STOPPED' });
  await other.release();
});
