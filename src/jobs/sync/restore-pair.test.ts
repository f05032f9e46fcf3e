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
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { VERSIONS } from '../../sync/own-paths.ts';
import { openPair } from '../../sync/pair.lab.ts';
import { PairSeries } from './pair-series.ts';
import { restorePair } from './restore-pair.ts';

const OPTIONS: Omit<Parameters<typeof restorePair>[1], 'to'> = {
  at: 'latest',
  globs: [],
  overwrite: 'never',
  destinations: [],
  dryRun: false,
  signal: new AbortController().signal,
  report: () => {},
};

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'snapshot-restored-'));
  vi.stubEnv('XDG_STATE_HOME', join(root, 'state'));
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(root, { recursive: true });
  });
});

it.each([
  ['before the first of them ended', '2026-01-31T11:00:00Z', 'first'],
  // Their names count in seconds.
  ['in the second in which it ended', '2026-01-31T12:00:00.500Z', 'first'],
  ['between the two', '2026-01-31T12:30:00Z', 'second'],
  ['after both', '2026-01-31T14:00:00Z', 'now'],
])('gives back what there was %s', async (_, at, content) => {
  const { here, there } = await openPair();
  writeFileSync(join(here, 'file'), 'now');
  // One side has replaced it first, and then the other one.
  for (const [side, stamp, text] of [
    [there, '20260131T130000Z', 'second'],
    [here, '20260131T120000Z', 'first'],
  ] as const) {
    mkdirSync(join(side, VERSIONS), { recursive: true });
    writeFileSync(join(side, VERSIONS, `file~${stamp}`), text);
  }
  const series = new PairSeries({ name: 'pair', source: here, destination: there });
  const to = join(root, 'to');
  await restorePair(series, { ...OPTIONS, at, to });
  expect(readFileSync(join(to, 'file'), 'utf8')).toBe(content);
});

it('leaves nothing half written where it is stopped', async () => {
  const { here, there } = await openPair();
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
  const restoring = restorePair(series, { ...OPTIONS, to, signal });
  await expect(restoring).rejects.toThrow('stopped');
  expect(readdirSync(to)).toEqual([]);
});
