import { describe, expect, it } from 'vitest';
import { announcements, tellUsers } from './announce.ts';
import type { Host } from './shutdown.ts';

function host(platform: NodeJS.Platform, isRoot = false): Host {
  return { platform, isRoot, systemRoot: 'D:\\Windows' };
}

describe('announcements()', () => {
  const wall = { file: 'wall', args: [], input: 'Good night.\n' };
  const script = 'display notification "Good night." with title "snapshot"';
  const notification = { file: '/usr/bin/osascript', args: ['-e', script], input: undefined };
  const message = {
    file: 'D:\\Windows\\System32\\msg.exe',
    args: ['*', '/TIME:60', 'Good night.'],
    input: undefined,
  };
  it.each([
    ['Linux', host('linux'), [wall]],
    ['macOS', host('darwin'), [wall, notification]],
    ['macOS as root, which has no screen', host('darwin', true), [wall]],
    ['Windows', host('win32'), [message]],
  ])('are these on %s', (_, on, expected) => {
    expect(announcements(on, 'Good night.', 60)).toEqual(expected);
  });

  it.each(['linux', 'darwin', 'win32'] as const)('only tell on %s: nothing that shuts down', (platform) => {
    const files = announcements(host(platform), 'Good night.', 60).map(({ file }) => file);
    expect(files.filter((file) => /shutdown|systemctl|halt|poweroff/.test(file))).toEqual([]);
  });
});

describe('tellUsers()', () => {
  it('is content when one way works', async () => {
    const ran: string[] = [];
    const problem = await tellUsers('Good night.', 60, {
      host: host('darwin'),
      run: async ({ file }) => {
        ran.push(file);
        if (file === 'wall') throw new Error('no terminals');
      },
    });
    expect(problem).toBeUndefined();
    expect(ran).toEqual(['wall', '/usr/bin/osascript']);
  });

  it('says why when none does', async () => {
    const missing = Object.assign(new Error('spawn wall ENOENT'), { code: 'ENOENT' });
    expect(await tellUsers('x', 60, { host: host('linux'), run: () => Promise.reject(missing) })).toBe(
      'Cannot tell other users of this machine: wall: no such file or folder',
    );
  });
});
