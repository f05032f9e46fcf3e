// What networks and Google do to requests, and what becomes of them.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Trouble } from '../../../test/support/servers/nasty-proxy.ts';
import { Refused } from '../../../test/support/servers/fake-drive-files.ts';
import { RetryObjects } from '../wrap/retry-objects.ts';
import { type DrivePlace, drivePlace, machine, spooled, sumOf } from './drive.lab.ts';

const MIB = 1024 * 1024;
const DAY = 'data/2026-11-19T02-00-00Z';
const KEY = `${DAY}/data-2026-11-19T02-00-00Z.tar.zst`;
const LARGE = randomBytes(7 * MIB + 3);
const one = Buffer.from('1');

const isPiece = (request: string): boolean => request.startsWith('PUT ');
const isSmall = /uploadType=multipart/;

/** How many objects of the key there are. */
function twins({ drive }: DrivePlace, key: string): number {
  return drive.files.paths().filter((path) => path.endsWith(`/${key}`)).length;
}

const answered = (status: number, headers = {}): Trouble => ({
  kind: 'answer',
  answer: { status, headers, body: '' },
});

describe('a small object in Google Drive', () => {
  it.each<[string, Trouble]>([
    ['it is cut on its way', { kind: 'cut', afterBytes: 100_000 }],
    ['nobody hears that it is whole', { kind: 'lose' }],
    ['what is said is cut short', { kind: 'cutAnswer', afterBytes: 20 }],
    ['the server is in trouble', answered(503, { 'retry-after': '0' })],
    ['there are too many requests', answered(429)],
  ])('arrives once although %s', async (_, trouble) => {
    const place = await drivePlace();
    const bytes = randomBytes(300_000);
    place.proxy.once(isSmall, trouble);
    await expect(place.objects.put(KEY, bytes)).rejects.toMatchObject({ code: 'E_AWAY' });
    place.proxy.once(isSmall, trouble);
    await new RetryObjects(place.objects, 0.01).put(KEY, bytes);
    expect(twins(place, KEY)).toBe(1);
    expect(sumOf(await (await place.open()).get(KEY))).toBe(sumOf(bytes));
  });

  it('that was made by a try nobody heard of is replaced by what comes next', async () => {
    const place = await drivePlace();
    place.proxy.once(isSmall, { kind: 'lose' });
    await expect(place.objects.put('s/a', one)).rejects.toMatchObject({ code: 'E_AWAY' });
    await place.objects.put('s/a', Buffer.from('two'));
    expect(twins(place, 's/a')).toBe(1);
    expect(String(await (await place.open()).get('s/a'))).toBe('two');
  });

  it('arrives in the next try where its folder could not be made in this one', async () => {
    const place = await drivePlace();
    await place.objects.put('s/a', one);
    place.proxy.once(/^POST \/drive\/v3\/files\?/, answered(503));
    await expect(place.objects.put('s/folder/b', one)).rejects.toMatchObject({ code: 'E_AWAY' });
    await place.objects.put('s/folder/b', one);
    expect(twins(place, 's/folder/b')).toBe(1);
  });

  it('stays as it was when what replaces it is cut, and is replaced by the next try', async () => {
    const place = await drivePlace();
    await place.objects.put(KEY, Buffer.from('old'));
    place.proxy.once(isSmall, { kind: 'cut', afterBytes: 100_000 });
    const bytes = randomBytes(300_000);
    await expect(place.objects.put(KEY, bytes)).rejects.toMatchObject({ code: 'E_AWAY' });
    expect(String(await place.objects.get(KEY))).toBe('old');
    await place.objects.put(KEY, bytes);
    expect(sumOf(await place.objects.get(KEY))).toBe(sumOf(bytes));
  });

  it.each(['s/b', 'folder/b'])('takes another id for %s when a process beside has used it', async (key) => {
    const { drive, env, objects, open, counts } = await drivePlace();
    await objects.put('s/a', one);
    const [used = '', ...more] = drive.files.generate(3);
    drive.files.create({ id: used, name: 'other' }, one);
    const stock = join(env['XDG_STATE_HOME'] ?? '', 'snapshot', 'gdrive', 'default.ids');
    writeFileSync(stock, JSON.stringify({ ids: [used, ...more] }));
    await objects.put(key, Buffer.from('2'));
    expect(String(await (await open()).get(key))).toBe('2');
    expect(counts()).toMatchObject({ generateIds: 1 });
    expect(drive.files.get(used).name).toBe('other');
  });

  it('that arrives as something else is not taken, and sent again', async () => {
    const place = await drivePlace();
    const change: Trouble = {
      kind: 'change',
      change: (answer) => ({
        ...answer,
        body: String(answer.body).replace(/"sha256Checksum":"./, '"sha256Checksum":"x'),
      }),
    };
    place.proxy.once(isSmall, change);
    await expect(place.objects.put('s/a', one)).rejects.toMatchObject({
      code: 'E_AWAY',
      message: expect.stringContaining('something else has arrived') as string,
    });
    expect(twins(place, 's/a')).toBe(0);
    await place.objects.put('s/a', one);
    expect(twins(place, 's/a')).toBe(1);
  });
});

describe('a large object in Google Drive', () => {
  it('goes on where a try was cut, with the pieces that have arrived', async () => {
    const place = await drivePlace();
    const file = spooled(LARGE);
    place.proxy.once(/^PUT/, { kind: 'cut', afterBytes: 3 * MIB });
    const read: number[] = [];
    const watched = {
      ...file,
      read: async (offset: number, length: number) => {
        read.push(offset);
        return await file.read(offset, length);
      },
    };
    await new RetryObjects(place.objects, 0.01).putFile(KEY, watched);
    expect(sumOf(await place.objects.get(KEY))).toBe(sumOf(LARGE));
    // The sum, a part, what is left: not all of it twice.
    expect(read.filter((offset) => offset < MIB).length).toBeLessThan(MIB / (64 * 1024) + 3);
    expect(place.counts()).toMatchObject({ 'create resumable': 1, piece: 3 });
    expect(twins(place, KEY)).toBe(1);
  });

  it.each<[string, (place: DrivePlace) => void]>([
    ['nobody hears that it is whole', ({ proxy }) => proxy.once(/^PUT/, { kind: 'lose' })],
    ['Google takes only a part of it', ({ drive }) => void (drive.uploads.keepAtMost = 3 * MIB)],
    ['nothing of it was kept', ({ drive }) => void (drive.uploads.keepAtMost = 1000)],
    ['the server is in trouble', ({ proxy }) => proxy.once(/^PUT/, answered(502))],
    ['its session is gone for good', ({ proxy }) => proxy.once(/^PUT/, answered(410))],
    ['nobody hears that it was begun', ({ proxy }) => proxy.once(/uploadType=resumable/, { kind: 'lose' })],
  ])('arrives once although %s', async (_, trouble) => {
    const place = await drivePlace();
    trouble(place);
    await new RetryObjects(place.objects, 0.01).putFile(KEY, spooled(LARGE));
    expect(sumOf(await (await place.open()).get(KEY))).toBe(sumOf(LARGE));
    expect(twins(place, KEY)).toBe(1);
  });

  it('begins anew when its session has ended, whole or not', async () => {
    const place = await drivePlace();
    const file = spooled(LARGE);
    for (const trouble of [{ kind: 'cut', afterBytes: 3 * MIB }, { kind: 'lose' }] as const) {
      place.proxy.once(/^PUT/, trouble);
      await expect(place.objects.putFile(KEY, file)).rejects.toMatchObject({ code: 'E_AWAY' });
      place.drive.uploads.endAll();
      await place.objects.putFile(KEY, file);
      expect(sumOf(await (await place.open()).get(KEY))).toBe(sumOf(LARGE));
      expect(twins(place, KEY)).toBe(1);
      await place.objects.remove(KEY);
    }
  });

  it('goes on in the next run, and not with another content', async () => {
    const place = await drivePlace();
    place.proxy.once(/^PUT/, { kind: 'cut', afterBytes: 3 * MIB });
    await expect(place.objects.putFile(KEY, spooled(LARGE))).rejects.toMatchObject({ code: 'E_AWAY' });
    await place.objects.close();
    const other = randomBytes(LARGE.length);
    await (await place.open()).putFile('data/other', spooled(other));
    expect(place.counts()).toMatchObject({ 'create resumable': 2 });
    await (await place.open()).putFile(KEY, spooled(LARGE));
    expect(place.counts()).toMatchObject({ 'create resumable': 2 });
    const again = await place.open();
    expect(sumOf(await again.get(KEY))).toBe(sumOf(LARGE));
    expect(sumOf(await again.get('data/other'))).toBe(sumOf(other));
    expect(place.drive.uploads.open).toBe(0);
  });

  it('is not there after it was given up', async () => {
    const place = await drivePlace();
    const stop = new AbortController();
    place.proxy.trouble = (request) => {
      if (isPiece(request)) stop.abort();
      return undefined;
    };
    await expect(place.objects.putFile(KEY, spooled(LARGE), stop.signal)).rejects.toThrow('abort');
    expect(await (await place.open()).get(KEY)).toBeUndefined();
  });

  it('fails when its file becomes shorter', async () => {
    const { objects } = await drivePlace();
    const short = { ...spooled(LARGE.subarray(0, 6 * MIB)), sizeBytes: LARGE.length };
    await expect(objects.putFile(KEY, short)).rejects.toMatchObject({
      code: 'E_STORE',
      message: expect.stringContaining('became shorter') as string,
    });
  });
});

describe('a request to Google Drive', () => {
  it('whose token has ended gets another one, once', async () => {
    const { drive, objects, counts } = await drivePlace();
    await objects.list('s');
    drive.accounts.endTokens();
    await objects.put('s/a', one);
    expect(counts()).toMatchObject({ token: 2 });
    drive.refuse = (method) =>
      method === 'get' ? new Refused(401, 'authError', 'Invalid Credentials') : undefined;
    await expect(objects.get('s/.a')).resolves.toBeUndefined();
    await objects.put('s/.b', one);
    await expect(objects.get('s/.b')).rejects.toMatchObject({
      code: 'E_AUTH',
      hint: expect.stringContaining('snapshot login gdrive') as string,
    });
    expect(counts()).toMatchObject({ token: 3, get: 2 });
  });

  it('gets a new token before the old one ends, one for all stores of this process', async () => {
    const { drive, open, counts } = await drivePlace();
    await Promise.all([(await open()).list('a'), (await open()).list('b'), (await open()).list('c')]);
    expect(counts()).toEqual({ token: 1, list: 3 });
    drive.accounts.endTokens();
    drive.accounts.tokenSeconds = 30;
    await (await open()).list('a');
    await (await open()).list('a');
    expect(counts()).toMatchObject({ token: 3 });
  });

  it.each<[number, string, string, RegExp]>([
    [403, 'rateLimitExceeded', 'E_AWAY', /^$/],
    [403, 'userRateLimitExceeded', 'E_AWAY', /^$/],
    [429, 'rateLimitExceeded', 'E_AWAY', /^$/],
    [500, 'backendError', 'E_AWAY', /^$/],
    [403, 'transientError', 'E_AWAY', /^$/],
    [403, 'quotaExceeded', 'E_AWAY', /^$/],
    [403, 'sharingRateLimitExceeded', 'E_AWAY', /^$/],
    [403, 'storageQuotaExceeded', 'E_SPACE', /photos and the trash/],
    [403, 'activeItemCreationLimitExceeded', 'E_SPACE', /as many files/],
    [403, 'insufficientFilePermissions', 'E_AUTH', /client and the account/],
    [403, 'appNotAuthorizedToFile', 'E_AUTH', /client and the account/],
    [403, 'accessNotConfigured', 'E_AUTH', /Enable the Google Drive API/],
    [403, 'insufficientPermissions', 'E_AUTH', /box ticked/],
    [403, 'dailyLimitExceeded', 'E_AUTH', /quota/],
    [403, 'somethingNew', 'E_AUTH', /client and the account/],
    [400, 'badRequest', 'E_STORE', /^$/],
  ])('that is refused with %i %s is %s', async (status, reason, code, hint) => {
    const { drive, objects } = await drivePlace();
    drive.refuse = (method) =>
      method === 'list'
        ? new Refused(status, reason, 'Google says this.', { 'retry-after': '2' })
        : undefined;
    const error: unknown = await objects.list('s').catch((cause: unknown) => cause);
    expect(error).toMatchObject({
      code,
      message: `Cannot list "gdrive://Backups é&'x/nas/s": Google says this. (${reason})`,
      ...(code === 'E_AWAY' && { retryAfterMs: 2000 }),
    });
    expect((error as { hint?: string }).hint ?? '').toMatch(hint);
  });

  it.each([
    ['a page of somebody else', '<html><body>Please sign in</body></html>'],
    ['an empty one', ''],
    ['one of something else', '{"kind":"x"}'],
  ])('takes %s for no listing', async (_, body) => {
    const { proxy, objects } = await drivePlace();
    proxy.once(/^GET/, { kind: 'answer', answer: { status: 200, body } });
    await expect(objects.list('s')).rejects.toMatchObject({ code: 'E_STORE' });
  });

  it('takes what was cut short for nothing that there is', async () => {
    const { proxy, objects } = await drivePlace();
    await objects.put('a.zip', Buffer.alloc(100_000));
    for (const ask of [() => objects.list('s'), () => objects.get('a.zip')]) {
      proxy.once(/^GET/, { kind: 'cutAnswer', afterBytes: 10 });
      await expect(ask()).rejects.toMatchObject({ code: 'E_AWAY' });
    }
    proxy.once(/^GET/, {
      kind: 'change',
      change: (answer) => ({ ...answer, body: '{"files":[],"incompleteSearch":true}' }),
    });
    objects.refresh?.();
    await expect(objects.list('s')).rejects.toMatchObject({ code: 'E_AWAY' });
  });

  it('asks no further where the same page follows itself', async () => {
    const { proxy, objects } = await drivePlace();
    const body = '{"files":[],"nextPageToken":"again"}';
    proxy.trouble = (request) =>
      request.startsWith('GET') ? { kind: 'answer', answer: { status: 200, body } } : undefined;
    await expect(objects.list('s')).rejects.toMatchObject({ code: 'E_STORE' });
    expect(proxy.requests.filter((request) => request.startsWith('GET'))).toHaveLength(2);
  });

  it('cuts a piece out of an answer that has it all, and refuses one that is too much', async () => {
    const { proxy, objects } = await drivePlace();
    await objects.put('a.zip', Buffer.from('0123456789'));
    await objects.put('b.zip', Buffer.alloc(3 * MIB));
    proxy.trouble = () => ({ kind: 'strip', header: 'range' });
    expect(String(await objects.get('a.zip', { offset: 3, length: 4 }))).toBe('3456');
    await expect(objects.get('b.zip', { offset: 0, length: 4 })).rejects.toMatchObject({ code: 'E_STORE' });
  });

  it('reads what Google takes for harmful, as it is its own', async () => {
    const { drive, objects, counts } = await drivePlace();
    await objects.put('a.zip', one);
    let count = 0;
    drive.refuse = (method) =>
      method === 'get' && count++ === 0 ? new Refused(403, 'cannotDownloadAbusiveFile') : undefined;
    expect(String(await objects.get('a.zip'))).toBe('1');
    expect(counts()).toMatchObject({ get: 2 });
  });

  it('removes what is gone already, and says where it may remove nothing', async () => {
    const place = await drivePlace();
    const { drive, objects } = place;
    await objects.put('s/a', one);
    await (await place.open()).remove('s/a');
    await objects.remove('s/a');
    await objects.put('s/b', one);
    drive.refuse = (method) =>
      method === 'delete' ? new Refused(403, 'insufficientFilePermissions') : undefined;
    await expect(objects.remove('s/b')).rejects.toMatchObject({ code: 'E_AUTH' });
  });

  it('says that Google is away, or keeps silent', async () => {
    const { proxy, open, drive } = await drivePlace({ silenceMs: 300 });
    const env = machine(drive, '127.0.0.1:1');
    await expect((await open({ env })).list('')).rejects.toMatchObject({
      code: 'E_AWAY',
      message: expect.stringContaining('nobody answers') as string,
    });
    proxy.trouble = () => ({ kind: 'hang' });
    const message: unknown = expect.stringContaining('no answer in time');
    await expect((await open()).get('a')).rejects.toMatchObject({ code: 'E_AWAY', message });
  });

  it('ends what is under way when it is closed, and does nothing more', async () => {
    const { proxy, objects } = await drivePlace();
    proxy.trouble = () => {
      void objects.close();
      return { kind: 'hang' };
    };
    await expect(objects.get('a')).rejects.toThrow();
    await expect(objects.get('a')).rejects.toMatchObject({ code: 'E_STORE' });
  });

  it('sends its token to nobody else', async () => {
    const { proxy, objects } = await drivePlace();
    proxy.once(/uploadType=resumable/, {
      kind: 'change',
      change: (answer) => ({ ...answer, headers: { location: 'http://127.0.0.1:1/upload?upload_id=x' } }),
    });
    await expect(objects.putFile(KEY, spooled(LARGE))).rejects.toMatchObject({
      code: 'E_STORE',
      message: expect.stringContaining('another host') as string,
    });
  });
});
