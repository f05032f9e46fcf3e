import { describe, expect, it } from 'vitest';
import { configFolder } from './config-folder.ts';

describe('configFolder()', () => {
  it.each([
    ['linux', {}, '/home/anna', '/home/anna/.config/snapshot'],
    ['linux', { XDG_CONFIG_HOME: '/etc/anna' }, '/home/anna', '/etc/anna/snapshot'],
    ['linux', { XDG_CONFIG_HOME: 'not/absolute' }, '/home/anna', '/home/anna/.config/snapshot'],
    ['linux', {}, undefined, '/etc/snapshot'],
    ['freebsd', {}, '/home/anna', '/home/anna/.config/snapshot'],
    ['darwin', {}, '/Users/anna', '/Users/anna/Library/Application Support/snapshot'],
    ['darwin', {}, undefined, '/Library/Application Support/snapshot'],
    ['win32', { APPDATA: 'D:\\roam' }, 'C:\\Users\\anna', 'D:\\roam\\snapshot'],
    ['win32', { APPDATA: 'roam' }, 'C:\\Users\\anna', 'C:\\Users\\anna\\AppData\\Roaming\\snapshot'],
    ['win32', {}, undefined, 'C:\\ProgramData\\snapshot'],
  ] as const)('of %s with %j and the home %s is %s', (platform, env, home, folder) => {
    expect(configFolder(platform, env, home)).toBe(folder);
  });
});
