import { describe, expect, it } from 'vitest';
import { answerOf, shutDown, shutdownCommands, THIS_HOST, type Host } from './shutdown.ts';

function host(platform: NodeJS.Platform, isRoot = false): Host {
  return { platform, isRoot, systemRoot: 'D:\\Windows' };
}

function failed(changes: object): Error {
  return Object.assign(new Error('Command failed: x'), changes);
}

describe('shutdownCommands()', () => {
  it.each<[string, Host, string[]]>([
    ['Linux', host('linux'), ['systemctl --no-ask-password poweroff', '/sbin/shutdown -h now']],
    ['macOS', host('darwin'), ['/usr/bin/osascript -e tell application "System Events" to shut down']],
    ['macOS as root', host('darwin', true), ['/sbin/shutdown -h now']],
    ['Windows', host('win32'), ['D:\\Windows\\System32\\shutdown.exe /s /t 0']],
  ])('are these on %s', (_, on, commands) => {
    expect(shutdownCommands(on).map(({ file, args }) => [file, ...args].join(' '))).toEqual(commands);
  });

  it('give the script to osascript as one argument', () => {
    expect(shutdownCommands(host('darwin'))[0]?.args).toEqual([
      '-e',
      'tell application "System Events" to shut down',
    ]);
  });
});

describe('shutDown()', () => {
  it('runs no second command when the first one works', async () => {
    const ran: string[] = [];
    await shutDown({
      host: host('linux'),
      run: async (file, args) => {
        ran.push([file, ...args].join(' '));
      },
    });
    expect(ran).toEqual(['systemctl --no-ask-password poweroff']);
  });

  it('tries the next command when one fails', async () => {
    const ran: string[] = [];
    await shutDown({
      host: host('linux'),
      run: async (file) => {
        ran.push(file);
        if (file === 'systemctl') throw failed({ code: 'ENOENT' });
      },
    });
    expect(ran).toEqual(['systemctl', '/sbin/shutdown']);
  });

  it('names the answer of each command when all fail, and keeps the errors', async () => {
    const errors = [failed({ code: 1, stderr: 'Access\n denied\n' }), failed({ code: 'ENOENT', stderr: '' })];
    let next = 0;
    const attempt = shutDown({
      host: host('linux'),
      run: async () => {
        const error = errors[next];
        next += 1;
        throw error ?? new Error('run too often');
      },
    });
    await expect(attempt).rejects.toMatchObject({
      code: 'E_HOST',
      message:
        'Cannot shut down this machine: systemctl: Access denied; /sbin/shutdown: no such file or folder',
      hint: expect.stringContaining('polkit'),
      cause: { errors },
    });
  });

  it.each<[NodeJS.Platform, string]>([
    ['linux', 'root'],
    ['darwin', 'Automation'],
    ['win32', 'Shut down the system'],
  ])('has a hint for %s', async (platform, hint) => {
    const attempt = shutDown({ host: host(platform), run: () => Promise.reject(failed({ code: 5 })) });
    await expect(attempt).rejects.toMatchObject({ hint: expect.stringContaining(hint) });
  });
});

describe('answerOf()', () => {
  it.each<[unknown, string]>([
    [failed({ stderr: ' Access\n denied ' }), 'Access denied'],
    [failed({ stderr: ' \n', code: 'ENOENT' }), 'no such file or folder'],
    [failed({ stderr: Buffer.from('bytes'), code: 'ENOENT' }), 'no such file or folder'],
    [failed({}), 'Command failed: x'],
    [{ stderr: 'of no error' }, '[object Object]'],
    ['text', 'text'],
  ])('is for %j: %s', (error, answer) => {
    expect(answerOf(error)).toBe(answer);
  });
});

describe('THIS_HOST', () => {
  it('is this machine, asked by this user', () => {
    expect(THIS_HOST).toEqual({
      platform: process.platform,
      isRoot: process.getuid?.() === 0,
      systemRoot: process.platform === 'win32' ? process.env['SystemRoot'] : 'C:\\Windows',
    });
  });
});
