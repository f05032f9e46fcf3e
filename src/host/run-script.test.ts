import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { childEnd } from './run-script.ts';

/** How a program of `sh` ends. */
async function endOf(script: string, signal = new AbortController().signal): Promise<string | undefined> {
  const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'ignore', 'pipe'] });
  return await childEnd(child, () => void child.kill('SIGKILL'), signal);
}

describe.skipIf(process.platform === 'win32')('how a program ends', () => {
  it.each([
    ['echo fine >&2', undefined],
    ['echo " it is full " >&2; exit 1', 'it is full'],
    ['exit 3', 'it ended with status 3'],
    ['kill -9 $$', 'it ended with status unknown'],
  ])('by `%s`: %s', async (script, said) => {
    expect(await endOf(script)).toBe(said);
  });

  it('is what it said last, where it said much', async () => {
    const said = await endOf('i=0; while [ $i -lt 900 ]; do echo "line $i" >&2; i=$((i+1)); done; exit 1');
    expect(said).toHaveLength(1999);
    expect(said?.endsWith('line 899')).toBe(true);
  });

  it('is no failure of its own when it was stopped', async () => {
    const stop = new AbortController();
    const ended = endOf('echo why >&2; exec tail -f /dev/null', stop.signal);
    stop.abort(new Error('stopped'));
    await expect(ended).rejects.toThrow('stopped');
  });

  it('is why it could not be begun, where there is no such program', async () => {
    const child = spawn('no-such-program-9', { stdio: ['ignore', 'ignore', 'pipe'] });
    await expect(childEnd(child, () => {}, new AbortController().signal)).rejects.toThrow('ENOENT');
  });
});
