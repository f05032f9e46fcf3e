import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Apache, DAV_ENV, hasApache } from '../../../test/support/servers/apache.ts';
import { freePorts } from '../../../test/support/servers/free-ports.ts';
import { NastyProxy, type Trouble } from '../../../test/support/servers/nasty-proxy.ts';
import { testNights } from '../../jobs/run/far-nights.lab.ts';
import { testQuietNights } from '../../jobs/run/quiet-nights.lab.ts';
import { testStore } from '../contract.lab.ts';
import { ObjectStore } from '../object-store.ts';
import type { Objects, SpooledFile } from '../objects.ts';
import { sparingStore } from '../sparing.lab.ts';
import { RetryObjects } from '../wrap/retry-objects.ts';
import { openWebdav, type WebdavLab } from './webdav-objects.ts';

const MIB = 1024 * 1024;
const LARGE = randomBytes(2 * MIB + 3);
const KEY = 'data/2026-11-19T02-00-00Z/data-2026-11-19T02-00-00Z.tar.zst';
const env = DAV_ENV;

let apache: Apache;
let count = 0;
if (hasApache) {
  beforeAll(async () => {
    apache = await Apache.start();
  }, 60_000);
  afterAll(async () => await apache.stop());
}

async function open(at: string, lab: WebdavLab = {}): Promise<Objects> {
  const objects = await openWebdav(at, { env, ...lab });
  onTestFinished(async () => await objects.close());
  return objects;
}

/** A place behind a proxy. */
async function behind(lab: WebdavLab = {}): Promise<{ proxy: NastyProxy; objects: Objects; folder: string }> {
  const proxy = await NastyProxy.start(apache.host);
  onTestFinished(async () => await proxy.stop());
  const at = `place${count++}`;
  const objects = await open(apache.address(at, proxy.host), lab);
  return { proxy, objects, folder: join(apache.folder, at) };
}

function spooled(bytes: Buffer): SpooledFile {
  return {
    sizeBytes: bytes.length,
    read: async (offset, length) => await Promise.resolve(bytes.subarray(offset, offset + length)),
  };
}

/** An answer without what `name` tells. */
const without = (name: string): Trouble => ({
  kind: 'change',
  change: (answer) => ({ ...answer, body: answer.body.toString().replaceAll(name, 'unheard-of') }),
});

describe.skipIf(!hasApache)('WebDAV, as Apache speaks it', () => {
  testStore('WebDAV server', async () => {
    // A name with everything in it that is written otherwise in addresses and in XML.
    const at = apache.address(`place${count++}/deep %C3%A9&+'<x>%2541`);
    const store = new ObjectStore(at, async () => await openWebdav(at, { env }));
    onTestFinished(async () => await store.close());
    return await Promise.resolve(store);
  });

  testNights('folder of a WebDAV server', () => {
    const at = apache.address(`place${count++}`);
    return sparingStore('webdav', at, async () => await openWebdav(at, { env }));
  });

  testQuietNights(
    'folder of a WebDAV server',
    async () => {
      const proxy = await NastyProxy.start(apache.host);
      onTestFinished(async () => await proxy.stop());
      const name = `place${count++}`;
      const at = apache.address(name, proxy.host);
      const opening = async (): Promise<Objects> => await openWebdav(at, { env });
      const folder = join(apache.folder, name);
      return { open: sparingStore('webdav', at, opening), requests: proxy.requests, folder };
    },
    { quiet: 5, written: 37, forEach: 1 },
  );

  it('sends a large object, and gives any piece of it back', async () => {
    const { objects, folder } = await behind();
    await objects.putFile(KEY, spooled(LARGE));
    expect(readFileSync(join(folder, KEY)).equals(LARGE)).toBe(true);
    expect(LARGE.equals((await objects.get(KEY)) ?? Buffer.alloc(0))).toBe(true);
    expect(await objects.get(KEY, { offset: 70_000, length: 10 })).toEqual(LARGE.subarray(70_000, 70_010));
    expect(await objects.get(KEY, { offset: LARGE.length - 2, length: 10 })).toEqual(LARGE.subarray(-2));
    expect(await objects.get(KEY, { offset: LARGE.length, length: 10 })).toHaveLength(0);
  });

  it.each([
    ['a small object', Buffer.alloc(300_000, 'new')],
    ['a large object', LARGE],
  ])('cut off in the middle of %s, it leaves the earlier one as it was', async (_, bytes) => {
    const { proxy, objects, folder } = await behind();
    await objects.put(KEY, Buffer.from('old'));
    proxy.once(/^PUT/, { kind: 'cut', afterBytes: 100_000 });
    await expect(objects.putFile(KEY, spooled(bytes))).rejects.toMatchObject({ code: 'E_AWAY' });
    expect(readFileSync(join(folder, KEY), 'utf8')).toBe('old');
    await objects.putFile(KEY, spooled(bytes));
    expect(readFileSync(join(folder, KEY)).equals(bytes)).toBe(true);
    expect(await objects.list('data/2026-11-19T02-00-00Z')).toHaveLength(1);
  });

  it.each([/^MKCOL/, /^PUT/, /^PROPFIND/, /^MOVE/])(
    'an object arrives although nobody hears the answer to %s',
    async (which) => {
      const { proxy, objects, folder } = await behind();
      proxy.once(which, { kind: 'lose' });
      await new RetryObjects(objects, 0.01).putFile(KEY, spooled(LARGE));
      expect(readFileSync(join(folder, KEY)).equals(LARGE)).toBe(true);
      expect(readdirSync(join(folder, 'data/2026-11-19T02-00-00Z'))).toHaveLength(1);
    },
  );

  it('gives nothing its name of which the server has only a part', async () => {
    const { proxy, objects, folder } = await behind();
    await objects.put('a', Buffer.from('old'));
    proxy.trouble = (request) => {
      if (request.startsWith('PROPFIND')) writeFileSync(join(folder, 'a.part'), 'n');
      return undefined;
    };
    await expect(objects.put('a', Buffer.from('new'))).rejects.toMatchObject({
      code: 'E_STORE',
      message: expect.stringContaining('of 3 bytes that were sent the server has 1') as string,
    });
    expect(readdirSync(folder)).toEqual(['a']);
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('old');
  });

  it('leaves nothing of an upload that is given up', async () => {
    const at = `place${count++}`;
    const objects = await open(apache.address(at));
    await objects.put('s/old', Buffer.from('1'));
    const stop = new AbortController();
    const file: SpooledFile = {
      sizeBytes: LARGE.length,
      read: async (offset, length) => {
        if (offset > MIB) stop.abort();
        return await Promise.resolve(LARGE.subarray(offset, offset + length));
      },
    };
    await expect(objects.putFile('s/new', file, stop.signal)).rejects.toThrow('abort');
    const left = readdirSync(join(apache.folder, at, 's'));
    // Apache's own file of the PUT goes when Apache has seen that the line is closed.
    expect(left.filter((name) => !name.startsWith('.davfs.tmp'))).toEqual(['old']);
  });

  it('says so when what is to be sent ends early, or cannot be read', async () => {
    const { objects, folder } = await behind();
    await objects.put('s/a', Buffer.from('old'));
    const short: SpooledFile = { ...spooled(LARGE), sizeBytes: LARGE.length + 1 };
    await expect(objects.putFile('s/a', short)).rejects.toMatchObject({
      code: 'E_STORE',
      message: expect.stringContaining(`ends at byte ${LARGE.length} of ${LARGE.length + 1}`) as string,
    });
    expect(readFileSync(join(folder, 's/a'), 'utf8')).toBe('old');
  });

  it('makes a folder again that somebody has removed', async () => {
    const { objects } = await behind();
    await objects.put('s/t/a', Buffer.from('1'));
    const other = await behind();
    const direct = await open(apache.address(`place${count - 2}`));
    await direct.remove('s/t/a');
    expect(await direct.removeFolder?.('s/t')).toBe(true);
    await objects.put('s/t/a', Buffer.from('2'));
    expect(String(await objects.get('s/t/a'))).toBe('2');
    await other.objects.close();
  });

  it('removes no folder in place of an object', async () => {
    const { objects } = await behind();
    await objects.put('s/a', Buffer.from('1'));
    await expect(objects.remove('s')).rejects.toMatchObject({ code: 'E_STORE' });
    expect(String(await objects.get('s/a'))).toBe('1');
    await expect(objects.list('s/a')).rejects.toMatchObject({ code: 'E_STORE' });
  });

  it.each([
    ['a page of somebody else', 200, '<html><body>Please sign in</body></html>'],
    ['an empty one', 207, ''],
    ['one without its end', 207, '<D:multistatus xmlns:D="DAV:"><D:response>'],
    ['one without the folder', 207, '<multistatus xmlns="DAV:"></multistatus>'],
    [
      'one of another folder',
      207,
      `<d:multistatus xmlns:d="DAV:">${['/x/', '/y/b'].map((href) => `<d:response><d:href>${href}</d:href><d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`).join('')}</d:multistatus>`,
    ],
  ])('takes %s for no listing', async (_, status, body) => {
    const { proxy, objects } = await behind();
    proxy.once(/./, { kind: 'answer', answer: { status, body } });
    await expect(objects.list('')).rejects.toMatchObject({ code: 'E_STORE' });
  });

  it('takes nothing for done, or for old, because the server does not say', async () => {
    const { proxy, objects } = await behind();
    proxy.once(/^MOVE/, { kind: 'answer', answer: { status: 207 } });
    await expect(objects.put('a', Buffer.from('1'))).rejects.toMatchObject({
      message: expect.stringContaining('could not give it its name') as string,
    });
    proxy.once(/^PROPFIND .*a\.part/, without('getcontentlength'));
    await expect(objects.put('a', Buffer.from('1'))).rejects.toMatchObject({
      message: expect.stringContaining('the server has none') as string,
    });
    await objects.put('a', Buffer.from('1'));
    proxy.once(/^PROPFIND/, without('getlastmodified'));
    const [item] = await objects.list('');
    expect(Date.now() - (item?.modifiedMs ?? 0)).toBeLessThan(60_000);
    // A file of no known size is none of no bytes.
    proxy.once(/^PROPFIND/, without('getcontentlength'));
    await expect(objects.list('')).rejects.toMatchObject({ code: 'E_STORE' });
  });

  it('takes what was cut short for nothing that there is', async () => {
    const { proxy, objects } = await behind();
    await objects.put('a', Buffer.alloc(1000));
    proxy.once(/./, { kind: 'cutAnswer', afterBytes: 100 });
    await expect(objects.list('')).rejects.toMatchObject({ code: 'E_AWAY' });
    proxy.once(/./, { kind: 'cutAnswer', afterBytes: 100 });
    await expect(objects.get('a')).rejects.toMatchObject({ code: 'E_AWAY' });
  });

  it('takes nothing for missing when nobody there speaks WebDAV', async () => {
    const { proxy, objects } = await behind();
    await objects.put('own', Buffer.from('1'));
    proxy.trouble = () => ({ kind: 'answer', answer: { status: 404, body: 'no such route' } });
    for (const ask of [
      () => objects.get('a'),
      () => objects.remove('a'),
      () => objects.remove('own'),
      () => objects.list(''),
      () => objects.put('a', Buffer.from('1')),
    ])
      await expect(ask()).rejects.toMatchObject({ code: 'E_STORE', hint: expect.any(String) as string });
  });

  it('cuts a piece out of an answer that has it all, and refuses another piece', async () => {
    const { proxy, objects } = await behind();
    await objects.put('a', Buffer.from('0123456789'));
    proxy.trouble = () => ({ kind: 'strip', header: 'range' });
    expect(String(await objects.get('a', { offset: 3, length: 4 }))).toBe('3456');
    await objects.put('b', Buffer.alloc(3 * MIB));
    await expect(objects.get('b', { offset: 0, length: 4 })).rejects.toMatchObject({ code: 'E_STORE' });
    const answer = { status: 206, headers: { 'content-range': 'bytes 0-3/10' }, body: '0123' };
    proxy.trouble = () => ({ kind: 'answer', answer });
    await expect(objects.get('a', { offset: 3, length: 4 })).rejects.toMatchObject({ code: 'E_STORE' });
  });

  it('says that a server is away, or keeps silent', async () => {
    const [port = 0] = await freePorts(1);
    const nobody = await open(`webdav://me@127.0.0.1:${port}/x`);
    await expect(nobody.list('')).rejects.toMatchObject({
      code: 'E_AWAY',
      message: expect.stringContaining('nobody answers') as string,
    });
    const { proxy, objects } = await behind({ silenceMs: 300 });
    proxy.trouble = () => ({ kind: 'hang' });
    const message = expect.stringContaining('no answer in time') as string;
    await expect(objects.get('a')).rejects.toMatchObject({ code: 'E_AWAY', message });
    await expect(objects.put('a', Buffer.from('1'))).rejects.toMatchObject({ code: 'E_AWAY', message });
    proxy.once(/./, { kind: 'answer', answer: { status: 503, headers: { 'retry-after': '2' } } });
    await expect(objects.get('a')).rejects.toMatchObject({ code: 'E_AWAY', retryAfterMs: 2000 });
  });

  it('is not let in with a wrong password, and does not show it', async () => {
    const wrong = { env: { SNAPSHOT_WEBDAV_PASSWORD: 'not-this-one' } };
    const objects = await open(apache.address('x'), wrong);
    for (const ask of [
      () => objects.list(''),
      () => objects.get('a'),
      () => objects.put('a', Buffer.from('1')),
    ]) {
      const error: unknown = await ask().catch((cause: unknown) => cause);
      expect(error).toMatchObject({ code: 'E_AUTH', hint: expect.stringContaining('.netrc') as string });
      expect(String(error)).not.toContain('not-this-one');
    }
  });

  it('may not write where the server may not, or has no room, and says so', async () => {
    const { proxy, objects, folder } = await behind();
    await objects.put('a', Buffer.from('old'));
    for (const [status, code] of [
      [403, 'E_AUTH'],
      [413, 'E_STORE'],
      [423, 'E_AWAY'],
      [507, 'E_SPACE'],
      [302, 'E_STORE'],
    ] as const) {
      proxy.once(/^PUT/, { kind: 'answer', answer: { status } });
      await expect(objects.put('a', Buffer.from('new'))).rejects.toMatchObject({ code });
    }
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('old');
    if (process.getuid?.() !== 0) return;
    mkdirSync(join(folder, 'locked'));
    chmodSync(join(folder, 'locked'), 0o555);
    expect(statSync(join(folder, 'locked')).uid).toBe(0);
    await expect(objects.put('locked/x', Buffer.from('1'))).rejects.toMatchObject({
      code: 'E_AWAY',
      hint: expect.stringContaining('log') as string,
    });
    expect(existsSync(join(folder, 'locked/x'))).toBe(false);
  });

  it('knows of room where the server tells', async () => {
    const { proxy, objects } = await behind();
    await objects.put('a', Buffer.from('1'));
    expect(await objects.freeBytes?.()).toBeUndefined();
    for (const [said, free] of [
      ['1234', 1234],
      ['-3', undefined],
    ] as const) {
      proxy.once(/^PROPFIND/, {
        kind: 'change',
        change: (answer) => ({
          ...answer,
          body: String(answer.body).replace(
            '</D:prop>',
            `<D:quota-available-bytes>${said}</D:quota-available-bytes></D:prop>`,
          ),
        }),
      });
      expect(await objects.freeBytes?.()).toBe(free);
    }
  });

  it('ends what is under way when it is closed', async () => {
    const { proxy, objects } = await behind();
    proxy.trouble = () => ({ kind: 'hang' });
    const asked = expect(objects.get('a')).rejects.toThrow();
    await objects.close();
    await objects.close();
    await asked;
    await expect(objects.get('a')).rejects.toMatchObject({ code: 'E_STORE' });
  });
});
