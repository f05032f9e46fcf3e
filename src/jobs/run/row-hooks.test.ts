import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { afterRow } from './row-hooks.ts';
import { run } from './run.ts';
import { SeriesLab } from './series.lab.ts';

describe.skipIf(process.platform === 'win32')('the command after a row', () => {
  it.each([
    ['took longer than it may', 50, /took longer than 0\.05 s, and was ended/],
    ['was stopped by the user', 3_600_000, /failed with status 143$/],
  ])('%s, and says so', async (_, limitMs, words) => {
    const folder = mkdtempSync(join(tmpdir(), 'snapshot-row-hooks-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'begun');
    const row = {
      name: 'data',
      source: '/data',
      before: '',
      after: `touch '${file}'; exec tail -f /dev/null`,
      'hook-limit': limitMs,
    };
    const stop = new AbortController();
    const ended = afterRow(row, 0, stop.signal);
    if (limitMs > 1000) {
      await expect.poll(() => existsSync(file), { timeout: 20_000 }).toBe(true);
      stop.abort();
    }
    expect((await ended)?.message).toMatch(words);
  });

  it('runs to its end when the run was stopped before: it may have to clear up', async () => {
    const row = {
      name: 'data',
      source: '/data',
      before: '',
      after: 'sleep 0.1; exit 9',
      'hook-limit': 60_000,
    };
    expect((await afterRow(row, 130, AbortSignal.abort()))?.message).toMatch(/failed with status 9$/);
  });

  it('is told the gravest status of all destinations', async () => {
    const lab = new SeriesLab();
    onTestFinished(() => lab.remove());
    const [told, file] = [join(lab.root, 'told'), join(lab.root, 'file')];
    for (const path of [file, join(lab.source, 'a')]) writeFileSync(path, 'a');
    const row = { ...lab.row, after: `echo "$SNAPSHOT_STATUS" > '${told}'` };
    const ends = await run(
      { file: 'plan.csv', rows: [row, { ...row, destination: file }] },
      {
        only: [],
        dryRun: false,
        jobs: 1,
        rehash: false,
        acceptChanges: false,
        signal: new AbortController().signal,
        report: () => {},
        now: () => new Date(),
      },
    );
    expect(ends.map(({ status }) => status)).toEqual([0, 1]);
    expect(readFileSync(told, 'utf8')).toBe('1\n');
  });
});
