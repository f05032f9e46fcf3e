import { existsSync, mkdtempSync, readFileSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runHook } from './hook.ts';

function openFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-hook-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Resolves when `name` is in `folder`. */
async function appears(folder: string, name: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (!existsSync(join(folder, name))) return;
      watcher.close();
      resolve();
    };
    const watcher = watch(folder, look);
    look();
  });
}

/** A busy machine takes its time. */
const PATIENT = { timeout: 20_000 };

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie is done.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

describe('runHook()', () => {
  it('leaves nothing behind that would end another program once this one has ended', async () => {
    const before = process.listenerCount('exit');
    const stop = new AbortController();
    await runHook('exit 0', { signal: stop.signal });
    expect(process.listenerCount('exit')).toBe(before);
  });

  it.each([
    ['exit 0', [0]],
    ['exit 75', [75]],
    // That of `cmd.exe` is one of these.
    ['no-such-program-9', process.platform === 'win32' ? [1, 9009] : [127]],
  ])('returns what `%s` ends with', async (command, statuses) => {
    expect(statuses).toContain(await runHook(command));
  });

  it.skipIf(process.platform === 'win32')('returns 128 and the signal for one that is killed', async () => {
    expect(await runHook('kill -TERM $$')).toBe(143);
  });

  it.skipIf(process.platform === 'win32')(
    'hands over input and variables, and reads the command as a shell does',
    async () => {
      const folder = openFolder();
      const env = { WORD: "it's" };
      const command = `cat > '${folder}/in' && echo "$WORD" > '${folder}/word'`;
      expect(await runHook(command, { env, input: '{"a":1}' })).toBe(0);
      expect(readFileSync(join(folder, 'in'), 'utf8')).toBe('{"a":1}');
      expect(readFileSync(join(folder, 'word'), 'utf8')).toBe("it's\n");
    },
  );

  it('does not mind a command that reads nothing', async () => {
    expect(await runHook('exit 0', { input: 'x'.repeat(1_000_000) })).toBe(0);
  });

  it.skipIf(process.platform === 'win32')(
    'does not wait for what the command leaves in the background',
    async () => {
      const folder = openFolder();
      const status = await runHook(`sleep 1000 & echo $! > '${folder}/pid'`);
      const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
      onTestFinished(() => void process.kill(pid));
      expect(status).toBe(0);
      expect(isRunning(pid)).toBe(true);
    },
  );

  it.skipIf(process.platform !== 'linux')(
    'ends with all that it has started when the signal aborts',
    async () => {
      const folder = openFolder();
      const controller = new AbortController();
      const command = `sleep 1000 & echo $! > '${folder}/part'; mv '${folder}/part' '${folder}/pid'; wait`;
      const ended = runHook(command, { signal: controller.signal });
      await appears(folder, 'pid');
      controller.abort();
      expect(await ended).toBe(143);
      const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
      await expect.poll(() => isRunning(pid), PATIENT).toBe(false);
    },
  );

  it.skipIf(process.platform === 'win32')('is killed when it does not end', async () => {
    const folder = openFolder();
    const controller = new AbortController();
    const command = `trap '' TERM; touch '${folder}/ready'; while :; do sleep 1000; done`;
    const ended = runHook(command, { signal: controller.signal, graceMs: 1 });
    await appears(folder, 'ready');
    controller.abort();
    expect(await ended).toBe(137);
  });
});
