import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { afterRow } from './row-hooks.ts';

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
});
