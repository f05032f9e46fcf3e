import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { runAfter, runBefore } from './hooks.ts';
import type { RunOutcome } from './notice.ts';

const IS_WINDOWS = process.platform === 'win32';

let file: string;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-hooks-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  file = join(folder, 'said');
});

async function after(status: number, command: string, stop = new AbortController()): Promise<RunOutcome> {
  const outcome: RunOutcome = { kind: 'run', status, ends: [], notes: ['before it'] };
  return await runAfter(command, outcome, { outcome: 'trouble' }, stop.signal);
}

describe('the command after a run', () => {
  it.each([
    [0, 0, 0],
    [3, 0, 3],
    [0, 7, 1],
    [3, 7, 1],
    [4, 7, 1],
    [2, 7, 2],
    [130, 7, 130],
  ])('makes of a run with status %i, when its own is %i, one with %i', async (status, own, expected) => {
    const { status: made, notes } = await after(status, `exit ${own}`);
    const failed = own === 0 ? [] : [`The command after the run failed with status ${own}`];
    expect([made, notes]).toEqual([expected, ['before it', ...failed]]);
  });

  it.skipIf(IS_WINDOWS)('runs when the run was stopped, and is told how it went', async () => {
    const stop = new AbortController();
    stop.abort();
    const command = `{ echo "$SNAPSHOT_STATUS $SNAPSHOT_OUTCOME"; cat; } > '${file}'`;
    expect((await after(130, command, stop)).status).toBe(130);
    expect(readFileSync(file, 'utf8')).toBe('130 trouble\n{"outcome":"trouble"}\n');
  });
});

it.skipIf(IS_WINDOWS)('a command after a run that is stopped makes it one that was stopped', async () => {
  const stop = new AbortController();
  const ending = after(0, `touch '${file}'; exec sleep 600`, stop);
  await expect.poll(() => existsSync(file), { timeout: 20_000 }).toBe(true);
  stop.abort();
  expect((await ending).status).toBe(130);
});

describe('the command before a run', () => {
  it('lets it begin, skips it or ends it', async () => {
    const { signal } = new AbortController();
    expect(await runBefore('exit 0', signal)).toBe(true);
    expect(await runBefore('exit 75', signal)).toBe(false);
    await expect(runBefore('exit 1', signal)).rejects.toMatchObject({ code: 'E_HOOK' });
  });
});
