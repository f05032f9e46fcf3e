import { describe, expect, it } from 'vitest';
import { pathOn, sftpPlace } from './place.ts';

describe('sftpPlace()', () => {
  it.each([
    ['sftp://nas/backup', { host: 'nas', user: undefined, port: undefined, folder: '/backup' }],
    ['sftp://me@nas:2222/a/b c', { host: 'nas', user: 'me', port: 2222, folder: '/a/b c' }],
    ['sftp://nas', { host: 'nas', folder: '/' }],
    ['sftp://nas/~', { folder: '' }],
    ['sftp://nas/~/backup', { folder: 'backup' }],
    ['sftp://nas/~//backup', { folder: 'backup' }],
    ['sftp://[::1]:22/x', { host: '::1', port: 22 }],
    ['sftp://[fe80::1%25eth0]/x', { host: 'fe80::1%25eth0' }],
    ['sftp://a%40b@nas/x%20y%3Fz%25', { user: 'a@b', folder: '/x y?z%' }],
    ['sftp://nas/#1/~/x', { folder: '/#1/~/x' }],
  ])('understands %s', (address, place) => {
    expect(sftpPlace(address)).toMatchObject({ label: address, ...place });
  });

  it.each([
    ['sftp://-oProxyCommand=x/y', 'names no host'],
    ['sftp://-l@nas/y', 'names no host'],
    ['sftp://%2Dl@nas/y', 'names no host'],
    ['sftp://nas:0/x', 'has no port'],
    ['sftp://nas:70000/x', 'has no port'],
    ['sftp://nas:x/x', 'is not understood'],
    ['sftp://nas/100%', 'has a `%` that means nothing'],
    ['sftp://nas/x?port=2', 'has options'],
    ['sftp://nas/~other/x', 'begins in the home folder of another user'],
    ['sftp://nas/a/../b', 'leads back'],
    ['sftp://nas/a/%2e%2e/b', 'leads back'],
    ['sftp://nas/a%00', 'leads back'],
  ])('refuses %s, which %s', (address, why) => {
    expect(() => sftpPlace(address)).toThrow(
      expect.objectContaining({ code: 'E_USAGE', message: expect.stringContaining(why) as string }),
    );
  });
});

it.each([
  ['sftp://nas', '', '/'],
  ['sftp://nas', 'a/b', '/a/b'],
  ['sftp://nas/x', '', '/x'],
  ['sftp://nas/x', 'a', '/x/a'],
  ['sftp://nas/~', '', '.'],
  ['sftp://nas/~', 'a', 'a'],
  ['sftp://nas/~/x', 'a', 'x/a'],
])('below %s, "%s" is %s on the server', (address, key, path) => {
  expect(pathOn(sftpPlace(address), key)).toBe(path);
});
