import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { resourcesOf } from './multistatus.ts';
import { encodedPath, webdavAddress } from './webdav-address.ts';
import { netrcLogin, webdavLogin } from './webdav-login.ts';

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const login = async (address: string, env: Record<string, string>): Promise<string | undefined> =>
  await webdavLogin(webdavAddress(address), env);

function netrc(text: string): { readonly NETRC: string } {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-netrc-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'netrc');
  writeFileSync(path, text);
  return { NETRC: path };
}

describe('an address of WebDAV', () => {
  it.each([
    ['webdavs://nas', 'https://nas', undefined, ''],
    ['webdavs://nas:8443/a/b', 'https://nas:8443', undefined, '/a/b'],
    ['webdav://me@nas/a', 'http://nas', 'me', '/a'],
    ['webdavs://me@example.com@nas/a%20b//%3Fc', 'https://nas', 'me@example.com', '/a b/?c'],
    ['webdavs://me%40example.com@[::1]:1/%25', 'https://[::1]:1', 'me@example.com', '/%'],
  ])('%s is read', (text, origin, user, folder) => {
    expect(webdavAddress(text)).toMatchObject({ user, folder, origin: { origin }, label: text });
  });

  it.each([
    'webdavs://me@/a',
    'webdavs://nas/a?x=1',
    'webdavs://nas/a#x',
    'webdavs://nas/a/../b',
    'webdavs://nas/%2e%2e/b',
    'webdavs://nas/%zz',
    'webdavs://nas:99999/',
    'webdavs://a%3Ab@nas/',
  ])('%s is refused', (text) => {
    expect(() => webdavAddress(text)).toThrow(expect.objectContaining({ code: 'E_USAGE' }) as Error);
  });

  it('is written in requests so that every name arrives', () => {
    expect(encodedPath('/a b/ü?#%/')).toBe('/a%20b/%C3%BC%3F%23%25/');
  });
});

describe('a password for WebDAV', () => {
  it('comes from the environment, or from .netrc, or from nowhere', async () => {
    const SNAPSHOT_WEBDAV_PASSWORD = 'p:ä';
    const file = netrc('machine nas login me password "q r"\n');
    expect(await login('webdavs://me@nas', { SNAPSHOT_WEBDAV_PASSWORD, ...file })).toBe(basic('me:p:ä'));
    expect(await login('webdavs://me@nas', file)).toBe(basic('me:q r'));
    expect(await login('webdavs://nas', { SNAPSHOT_WEBDAV_PASSWORD, ...file })).toBe(basic('me:q r'));
    expect(await login('webdavs://other', { SNAPSHOT_WEBDAV_PASSWORD, ...file })).toBeUndefined();
    await expect(login('webdavs://you@nas', file)).rejects.toMatchObject({ code: 'E_AUTH' });
    await expect(login('webdavs://me@nas', { NETRC: '/nowhere/at all' })).rejects.toMatchObject({
      code: 'E_AUTH',
      hint: expect.stringContaining('SNAPSHOT_WEBDAV_PASSWORD') as string,
    });
  });

  it('is sent in the open on this machine only, unless somebody wants it', async () => {
    const env = { SNAPSHOT_WEBDAV_PASSWORD: 'secret' };
    for (const host of ['localhost:1', '127.0.0.1', '127.3.2.1', '[::1]:8080'])
      expect(await login(`webdav://me@${host}/x`, env)).toBe(basic('me:secret'));
    for (const host of ['nas', '127.example.com', 'localhost.example.com', '[::2]']) {
      const error: unknown = await login(`webdav://me@${host}/x`, env).catch((cause: unknown) => cause);
      expect(error).toMatchObject({ code: 'E_USAGE', hint: expect.stringContaining('webdavs://') as string });
      expect(String(error)).not.toContain('secret');
    }
    expect(await login('webdav://me@nas', { ...env, SNAPSHOT_WEBDAV_INSECURE: '1' })).toBe(
      basic('me:secret'),
    );
    await expect(login('webdav://me@nas', { ...env, SNAPSHOT_WEBDAV_INSECURE: '0' })).rejects.toThrow();
    expect(await login('webdav://nas', { NETRC: '/nowhere/at all' })).toBeUndefined();
  });

  it.each([
    ['machine nas\n  login me\n  password p', 'nas', undefined, { user: 'me', password: 'p' }],
    ['machine NAS password p login me', 'nas', 'me', { user: 'me', password: 'p' }],
    [
      'machine a login x password y machine nas login me password p',
      'nas',
      'me',
      { user: 'me', password: 'p' },
    ],
    [
      'machine nas login a password x machine nas login me password #p',
      'nas',
      'me',
      { user: 'me', password: '#p' },
    ],
    [
      '# machine nas login a password b\ndefault login me password p',
      'nas',
      'me',
      { user: 'me', password: 'p' },
    ],
    ['machine nas login me account z password "a \\"b"', 'nas', 'me', { user: 'me', password: 'a "b' }],
    [
      'machine x\nmacdef init\nmachine nas login a password b\n\nmachine y login me password p',
      'nas',
      undefined,
      undefined,
    ],
    ['machine nas.example.com login me password p', 'nas', undefined, undefined],
    ['machine nas login me', 'nas', 'me', undefined],
    ['', 'nas', 'me', undefined],
  ])('of %j for %s', (text, host, user, expected) => {
    expect(netrcLogin(text, host, user)).toEqual(expected);
  });
});

describe('what servers answer to PROPFIND', () => {
  const nextcloud = `\uFEFF<?xml version="1.0"?>
<d:multistatus xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"><!-- <d:response> --><d:response><d:href>https://nas/dav/a%20%26b/</d:href>
<d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype><d:quota-available-bytes>-3</d:quota-available-bytes></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>
<d:propstat><d:prop><d:getcontentlength xmlns="x"/></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response>
<d:response><d:href><![CDATA[/dav/a%20&b/c<]]></d:href><d:propstat><d:prop><d:resourcetype/><d:getcontentlength>12</d:getcontentlength>
<d:getlastmodified>Thu, 19 Nov 2026 02:00:00 GMT</d:getlastmodified></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>`;

  it('is read with any prefix, and what is not known stays unknown', () => {
    expect(resourcesOf(Buffer.from(nextcloud))).toEqual([
      { path: '/dav/a &b', isFolder: true },
      { path: '/dav/a &b/c<', isFolder: false, sizeBytes: 12, modifiedMs: Date.UTC(2026, 10, 19, 2) },
    ]);
  });

  it('is nothing when it was cut short, or has names that cannot be read', () => {
    for (const length of [0, 10, 200, nextcloud.length - 3])
      expect(resourcesOf(Buffer.from(nextcloud.slice(0, length)))).toBeUndefined();
    expect(resourcesOf(Buffer.from(nextcloud.replace('%20%26', '%zz')))).toBeUndefined();
  });
});
