import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { awakeCommand, stayAwake } from './stay-awake.ts';

const FOREVER = { file: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'] };
const UNTIL_ITS_INPUT_ENDS = { file: process.execPath, args: ['-e', 'process.stdin.resume()'] };

describe('awakeCommand()', () => {
  const host = { pid: 4711, systemRoot: String.raw`C:\Windows` };

  it.each<[NodeJS.Platform, string]>([
    ['linux', 'systemd-inhibit --what=sleep --who=snapshot --why=Backup cat'],
    ['darwin', '/usr/bin/caffeinate -i /bin/cat'],
  ])('is on %s: %s', (platform, line) => {
    const { file = '', args = [] } = awakeCommand({ ...host, platform }) ?? {};
    expect([file, ...args].join(' ')).toBe(line);
  });

  it('is on Windows the PowerShell of the system, which ends with this process', () => {
    const { file = '', args = [] } = awakeCommand({ ...host, platform: 'win32' }) ?? {};
    expect(file).toBe(String.raw`C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`);
    expect(args.at(-1)).toMatch(/SetThreadExecutionState\(\[uint32\]'0x80000001'\); Wait-Process -Id 4711$/);
  });

  it('is none elsewhere', () => {
    expect(awakeCommand({ ...host, platform: 'freebsd' })).toBeUndefined();
  });
});

describe('stayAwake()', () => {
  const started = async (command: typeof FOREVER): Promise<[ChildProcess, () => void]> =>
    await new Promise((resolve) => {
      const end = stayAwake(command, 0, (child) => resolve([child, end]));
    });

  it.each([FOREVER, UNTIL_ITS_INPUT_ENDS])('ends its program', async (command) => {
    const [child, end] = await started(command);
    const exit = once(child, 'exit');
    end();
    await exit;
    expect(child.exitCode ?? child.signalCode).not.toBeNull();
  });

  it.skipIf(process.platform === 'win32')('has a program that ends when this process is gone', async () => {
    const [child] = await started(UNTIL_ITS_INPUT_ENDS);
    const exit = once(child, 'exit');
    // As the system does it then.
    child.stdin?.destroy();
    expect(await exit).toEqual([0, null]);
  });

  it('fails nothing where there is no such program', async () => {
    const none = { file: 'no-such-program-9', args: [] };
    const [why, end] = await new Promise<readonly [unknown, () => void]>((resolve) => {
      const letSleep = stayAwake(none, 0, (child) =>
        child.once('error', (error) => resolve([error, letSleep])),
      );
    });
    expect(why).toMatchObject({ code: 'ENOENT' });
    expect(end).not.toThrow();
  });

  it('starts nothing for what is over soon, and where there is nothing to start', () => {
    let starts = 0;
    const count = (): void => void starts++;
    stayAwake(FOREVER, 60_000, count)();
    stayAwake(undefined, 60_000, count)();
    expect(starts).toBe(0);
  });
});
