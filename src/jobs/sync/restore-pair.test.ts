import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openPair } from '../../sync/pair.lab.ts';
import { PairSeries } from './pair-series.ts';
import { restorePair } from './restore-pair.ts';

it('leaves nothing half written where it is stopped', async () => {
  const { here, there } = await openPair();
  const root = mkdtempSync(join(tmpdir(), 'snapshot-restored-'));
  vi.stubEnv('XDG_STATE_HOME', join(root, 'state'));
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(root, { recursive: true });
  });
  writeFileSync(join(here, 'file'), 'text');
  const to = join(root, 'to');
  const stopping = new AbortController();
  const { signal } = stopping;
  const look = signal.throwIfAborted.bind(signal);
  // It is stopped as soon as something is being written.
  signal.throwIfAborted = () => {
    if (existsSync(to) && readdirSync(to).length > 0) stopping.abort(new Error('stopped'));
    look();
  };
  const series = new PairSeries({ name: 'pair', source: here, destination: there });
  const restoring = restorePair(series, {
    at: 'latest',
    globs: [],
    to,
    overwrite: 'never',
    destinations: [],
    dryRun: false,
    signal,
    report: () => {},
  });
  await expect(restoring).rejects.toThrow('stopped');
  expect(readdirSync(to)).toEqual([]);
});
