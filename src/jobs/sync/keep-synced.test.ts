import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { keepSynced } from './keep-synced.ts';
import type { SyncResult } from './result.ts';

it('accepts what a guard holds once, and then holds it', async () => {
  const root = mkdtempSync(join(tmpdir(), 'snapshot-kept-'));
  vi.stubEnv('XDG_STATE_HOME', join(root, 'state'));
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(root, { recursive: true });
  });
  const [here, there] = [join(root, 'here'), join(root, 'there')];
  for (const folder of [here, there]) mkdirSync(folder);
  const names = Array.from({ length: 12 }, (_, i) => `file ${i}`);
  for (const name of [...names, 'stays']) writeFileSync(join(here, name), name);
  const ending = new AbortController();
  const results: SyncResult[] = [];
  const status = await keepSynced(here, there, {
    dryRun: false,
    rehash: false,
    acceptChanges: true,
    exclude: [],
    isWanted: () => true,
    keep: {},
    signal: ending.signal,
    pollMs: 60_000,
    warn: () => {},
    progress: () => {},
    failed: (error) => {
      throw error;
    },
    told: (result) => {
      results.push(result);
      if (results.length === 1) for (const name of names) rmSync(join(here, name));
      else ending.abort();
    },
  });
  expect([status, results.at(-1)?.stop?.guard]).toEqual([4, 'mass-change']);
  expect(readdirSync(there).filter((name) => names.includes(name))).toHaveLength(12);
});
