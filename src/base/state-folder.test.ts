import { describe, expect, it } from 'vitest';
import { stateFolder } from './state-folder.ts';

const WINDOWS_HOME = 'C:\\Users\\ada';

describe('stateFolder()', () => {
  it.each<[string, NodeJS.Platform, Record<string, string>, string | undefined, string]>([
    ['the default of XDG on Linux', 'linux', {}, '/home/ada', '/home/ada/.local/state/snapshot'],
    ['$XDG_STATE_HOME', 'linux', { XDG_STATE_HOME: '/var/ada' }, '/home/ada', '/var/ada/snapshot'],
    ['no relative value', 'linux', { XDG_STATE_HOME: 'var' }, '/home/ada', '/home/ada/.local/state/snapshot'],
    ['no empty value', 'linux', { XDG_STATE_HOME: '' }, '/home/ada', '/home/ada/.local/state/snapshot'],
    ['XDG on other systems too', 'freebsd', {}, '/home/ada', '/home/ada/.local/state/snapshot'],
    [
      'the logs on macOS',
      'darwin',
      { XDG_STATE_HOME: '/x' },
      '/Users/ada',
      '/Users/ada/Library/Logs/snapshot',
    ],
    ['%LOCALAPPDATA%', 'win32', { LOCALAPPDATA: 'D:\\Local' }, WINDOWS_HOME, 'D:\\Local\\snapshot'],
    ['its default on Windows', 'win32', {}, WINDOWS_HOME, 'C:\\Users\\ada\\AppData\\Local\\snapshot'],
    ['one of the system without a home', 'linux', {}, undefined, '/var/lib/snapshot'],
    ['$XDG_STATE_HOME without a home', 'linux', { XDG_STATE_HOME: '/s' }, undefined, '/s/snapshot'],
    ['one of the system on macOS', 'darwin', {}, undefined, '/Library/Logs/snapshot'],
    ['one of the system on Windows', 'win32', {}, undefined, 'C:\\ProgramData\\snapshot'],
  ])('uses %s', (_, platform, env, home, folder) => {
    expect(stateFolder(platform, env, home)).toBe(folder);
  });
});
