import { randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { FakeDrive } from '../../../test/support/servers/fake-drive.ts';
import { testNights } from '../../jobs/run/far-nights.lab.ts';
import { testStore } from '../contract.lab.ts';
import { ObjectStore } from '../object-store.ts';
import { LateLocks } from '../wrap/late-locks.ts';
import { openDrive } from './drive-objects.ts';
import { drivePlace, machine, spooled, sumOf } from './drive.lab.ts';

const MIB = 1024 * 1024;
const DAY = 'data/2026-11-19T02-00-00Z';
const KEY = `${DAY}/data-2026-11-19T02-00-00Z.tar.zst`;
const LARGE = randomBytes(6 * MIB + 3);
const one = Buffer.from('1');

let drive: FakeDrive;
let count = 0;
beforeAll(async () => {
  drive = await FakeDrive.start();
});
afterAll(async () => await drive.stop());

describe('Google Drive, as its fake speaks it', () => {
  testStore('folder of Drive', async () => {
    const [at, env] = [`gdrive://Backups/${count++}`, machine(drive)];
    const store = new ObjectStore(at, async () => new LateLocks(await openDrive(at, { env })));
    onTestFinished(async () => await store.close());
    return await Promise.resolve(store);
  });

  testNights('folder of Drive', () => {
    const [at, env] = [`gdrive://Backups/${count++}`, machine(drive)];
    return () => new ObjectStore(at, async () => new LateLocks(await openDrive(at, { env })));
  });

  it('shows people folders and files by their names, and sees what they rename', async () => {
    const place = await drivePlace();
    await place.objects.put(`${DAY}/info.json`, one);
    await place.objects.put('data/owner.json', one);
    const base = "Backups é&'x/nas";
    expect(place.drive.files.paths()).toEqual([
      "Backups é&'x",
      base,
      `${base}/data`,
      `${base}/${DAY}`,
      `${base}/${DAY}/info.json`,
      `${base}/data/owner.json`,
    ]);
    for (const { id, name } of place.drive.files.all()) place.drive.files.update(id, { name: `my ${name}` });
    const again = await place.open();
    expect(String(await again.get(`${DAY}/info.json`))).toBe('1');
    expect((await again.list(DAY)).map(({ name }) => name)).toEqual(['info.json']);
    await again.put(`${DAY}/SHA256SUMS`, one);
    expect(place.drive.files.paths()).toContain(
      `my ${base.replace('/', '/my ')}/my ${DAY.replace('/', '/my ')}/SHA256SUMS`,
    );
  });

  it('keeps series and addresses apart', async () => {
    const place = await drivePlace();
    await place.objects.put('data/a', one);
    await place.objects.put('data-2/b', one);
    const other = await openDrive('gdrive://Backups', { env: place.env });
    onTestFinished(async () => await other.close());
    await other.put('nas/c', one);
    expect((await place.objects.list('')).map(({ name }) => name).toSorted()).toEqual(['data', 'data-2']);
    expect((await place.objects.list('data')).map(({ name }) => name)).toEqual(['a']);
    expect((await other.list('')).map(({ name }) => name)).toEqual(['nas']);
  });

  it('lists all pages', async () => {
    const {
      objects,
      open,
      counts,
      drive: { requests },
    } = await drivePlace({ pageSize: 10 });
    const keys = Array.from({ length: 25 }, (_, i) => (i % 3 === 0 ? `s/folder ${i}/x` : `s/file ${i}`));
    await Promise.all(keys.map(async (key) => await objects.put(key, Buffer.from(key))));
    const again = await open();
    const from = requests.length;
    const names = (await again.list('s')).map(({ name }) => name).toSorted();
    expect(names).toEqual(keys.map((key) => key.split('/')[1] ?? '').toSorted());
    // 25 files and 9 folders.
    expect(counts(from)).toEqual({ list: 4 });
  });

  it('sends a large object in one upload, and gives any piece of it back', async () => {
    const {
      objects,
      counts,
      drive: { requests },
    } = await drivePlace();
    await objects.put(`${DAY}/UNFINISHED`, one);
    const from = requests.length;
    await objects.putFile(KEY, spooled(LARGE));
    expect(counts(from)).toEqual({ 'create resumable': 1, piece: 1 });
    expect(sumOf(await objects.get(KEY))).toBe(sumOf(LARGE));
    expect(await objects.get(KEY, { offset: MIB - 5, length: 10 })).toEqual(LARGE.subarray(MIB - 5, MIB + 5));
    expect(await objects.get(KEY, { offset: LARGE.length - 2, length: 10 })).toEqual(LARGE.subarray(-2));
    expect(await objects.get(KEY, { offset: LARGE.length, length: 10 })).toHaveLength(0);
    await objects.put(KEY, LARGE.subarray(1));
    expect(sumOf(await objects.get(KEY))).toBe(sumOf(LARGE.subarray(1)));
  });

  it('takes keys of any length that a file system takes, and no longer ones', async () => {
    const { objects, open } = await drivePlace();
    const key = `${'sérïe'.repeat(36)}/${'ü🙂'.repeat(40)}/${'x'.repeat(255)}`;
    await objects.put(key, one);
    expect(String(await (await open()).get(key))).toBe('1');
    await expect(objects.put(`s/${'x'.repeat(4000)}`, one)).rejects.toMatchObject({
      code: 'E_STORE',
      message: expect.stringContaining('too long') as string,
    });
    await expect(objects.put('s//x', one)).rejects.toMatchObject({ code: 'E_STORE' });
  });

  it('counts the twin that was written last, and removes both', async () => {
    const {
      objects,
      open,
      drive: { files },
    } = await drivePlace();
    const other = await open();
    await other.list('s');
    await objects.put('s/a', Buffer.from('first'));
    // It has not heard of that.
    await other.put('s/a', Buffer.from('second'));
    expect(files.paths().filter((path) => path.endsWith('/a'))).toHaveLength(2);
    const later = await open();
    expect((await later.list('s')).map(({ name, sizeBytes }) => [name, sizeBytes])).toEqual([['a', 6]]);
    expect(String(await later.get('s/a'))).toBe('second');
    await later.remove('s/a');
    expect(await (await open()).get('s/a')).toBeUndefined();
  });

  it('removes for good, but moves folders to the trash: others may have put something there', async () => {
    const {
      objects,
      open,
      drive: { files },
    } = await drivePlace();
    await objects.put(`${DAY}/a`, one);
    await objects.put('data/b', one);
    const folder = files.all().find(({ name }) => name === DAY.slice(5))?.id ?? '';
    files.addForeign('notes.txt', folder);
    expect(await objects.removeFolder?.(DAY)).toBe(false);
    await objects.remove(`${DAY}/a`);
    expect(await objects.removeFolder?.(DAY)).toBe(true);
    expect(files.paths().filter((path) => path.includes(DAY))).toEqual([
      `(trash)Backups é&'x/nas/${DAY}`,
      `Backups é&'x/nas/${DAY}/notes.txt`,
    ]);
    await objects.put(`${DAY}/c`, one);
    expect(String(await (await open()).get(`${DAY}/c`))).toBe('1');
  });

  it('does not remove a folder in which another machine has begun meanwhile', async () => {
    const { objects, open } = await drivePlace();
    await objects.put('data/a', one);
    await objects.remove('data/a');
    await (await open()).put('data/.lock-other', one);
    expect(await objects.removeFolder?.('data')).toBe(false);
  });

  it('removes no folder whose lock is kept back, and any other one only when the lock is there', async () => {
    const {
      objects,
      drive: { files },
    } = await drivePlace();
    await objects.put(`${DAY}/a`, one);
    await objects.remove(`${DAY}/a`);
    objects.refresh?.();
    await objects.put('data/.lock-0a', one);
    expect(files.paths().filter((path) => path.includes('.lock-'))).toEqual([]);
    expect(await objects.get('data')).toBeUndefined();
    expect(await objects.removeFolder?.(DAY)).toBe(true);
    expect(files.paths().filter((path) => path.includes('.lock-'))).toHaveLength(1);
    await objects.remove('data/.lock-0a');
    await objects.put('other/.lock-0b', one);
    expect(await objects.removeFolder?.('other')).toBe(false);
  });

  it.each(['is in the trash', 'was removed'])('makes a folder anew that %s', async (what) => {
    const {
      objects,
      open,
      drive: { files },
    } = await drivePlace();
    await objects.put('data/a', one);
    const folder = files.all().find(({ name }) => name === 'data')?.id ?? '';
    if (what === 'was removed') files.remove(folder);
    else files.update(folder, { trashed: true });
    const again = await open();
    expect(await again.get('data/a')).toBeUndefined();
    await again.put('data/b', one);
    expect(String(await (await open()).get('data/b'))).toBe('1');
    if (what !== 'was removed') return;
    // Who knew it before is told, and the next try makes it.
    await expect(objects.put('data/c', one)).rejects.toMatchObject({
      code: 'E_AWAY',
      message: expect.stringContaining('folder was removed') as string,
    });
    await objects.put('data/c', one);
    expect(String(await again.get('data/b'))).toBe('1');
  });

  it('remembers a listing, its own changes with it, until it is to be asked anew, or a minute is over', async () => {
    const {
      objects,
      open,
      counts,
      drive: { requests },
    } = await drivePlace();
    const other = await open();
    await objects.put('s/a', one);
    expect((await other.list('s')).map(({ name }) => name)).toEqual(['a']);
    await objects.put('s/b', one);
    await other.put('s/c', one);
    const from = requests.length;
    expect((await other.list('s')).map(({ name }) => name)).toEqual(['a', 'c']);
    expect(await other.get('s/b')).toBeUndefined();
    expect(counts(from)).toEqual({});
    other.refresh?.();
    expect((await other.list('s')).map(({ name }) => name).toSorted()).toEqual(['a', 'b', 'c']);
    await objects.remove('s/a');
    vi.useFakeTimers({ now: Date.now() + 61_000, toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    expect((await other.list('s')).map(({ name }) => name).toSorted()).toEqual(['b', 'c']);
  });

  it('knows what it wrote and removed where listings lag, and notices that it is gone', async () => {
    const {
      objects,
      open,
      drive: { files },
    } = await drivePlace();
    await objects.put('s/a', one);
    await objects.put('s/b', one);
    files.lag = 3;
    await objects.put('s/.c', one);
    await objects.remove('s/a');
    objects.refresh?.();
    expect((await objects.list('s')).map(({ name }) => name)).not.toContain('a');
    expect(String(await objects.get('s/.c'))).toBe('1');
    await objects.put('s/.c', Buffer.from('2'));
    expect(files.paths().filter((path) => path.endsWith('/.c'))).toHaveLength(1);
    files.lag = 0;
    await (await open()).remove('s/.c');
    files.lag = 9;
    objects.refresh?.();
    expect(await objects.get('s/.c')).toBeUndefined();
  });

  it('reads small objects once on each machine, and never what is about this moment', async () => {
    const {
      objects,
      open,
      env,
      drive: { requests },
      counts,
    } = await drivePlace();
    await objects.put(`${DAY}/info.json`, one);
    await objects.put('data/.shared-1', one);
    const again = await open();
    await again.list('data');
    let from = requests.length;
    expect(String(await again.get(`${DAY}/info.json`))).toBe('1');
    expect(String(await again.get(`${DAY}/info.json`, { offset: 0, length: 1 }))).toBe('1');
    expect(counts(from)).toEqual({});
    expect(String(await again.get('data/.shared-1'))).toBe('1');
    expect(counts(from)).toEqual({ get: 1 });
    const cold = await open({ env: { ...env, XDG_STATE_HOME: join(env['HOME'] ?? '', 'other') } });
    await cold.list('data');
    from = requests.length;
    expect(String(await cold.get(`${DAY}/info.json`))).toBe('1');
    expect(String(await cold.get(`${DAY}/info.json`))).toBe('1');
    expect(counts(from)).toEqual({ get: 1 });
    // Of a larger one a piece costs less than all of it.
    await objects.put(`${DAY}/index`, Buffer.alloc(100_000));
    cold.refresh?.();
    from = requests.length;
    for (const offset of [0, 1]) await cold.get(`${DAY}/index`, { offset, length: 1 });
    expect(counts(from)).toMatchObject({ get: 2 });
    // What it keeps is for this user alone.
    const cache = join(env['XDG_STATE_HOME'] ?? '', 'snapshot', 'gdrive', 'cache');
    for (const name of readdirSync(cache)) expect(statSync(join(cache, name)).mode & 0o077).toBe(0);
  });

  it('knows how much room there is, if there is a limit', async () => {
    const {
      objects,
      drive: { files },
    } = await drivePlace();
    expect(await objects.freeBytes?.()).toBe(15_000_000_000);
    files.limitBytes = Infinity;
    expect(await objects.freeBytes?.()).toBeUndefined();
  });
});
