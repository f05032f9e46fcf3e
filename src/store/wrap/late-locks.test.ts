// What keeps two runs apart where a lock is written late: first in Google Drive.
import { readdirSync, utimesSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import { SeriesLock } from '../../series/lock/lock.ts';
import { isLocked } from '../../series/lock/lock-file.ts';
import { Series } from '../../series/series.ts';
import { ObjectStore } from '../object-store.ts';
import { type DrivePlace, drivePlace, machine } from '../drive/drive.lab.ts';
import { FolderObjects } from '../local/folder-objects.ts';
import { MemoryObjects } from '../memory-objects.lab.ts';
import type { SpooledFile } from '../objects.ts';
import { stateFolder } from '../sparing.lab.ts';
import { LateLocks } from './late-locks.ts';

const one = Buffer.from('1');
const file: SpooledFile = { sizeBytes: 1, read: async () => await Promise.resolve(one) };
const ANOTHER = { host: 'other', machine: 'another', boot: 'b', pid: 1, started: '1' };

async function seriesAt(place: DrivePlace, isElsewhere = false): Promise<Series> {
  const objects = await place.open(isElsewhere ? { env: machine(place.drive) } : {});
  return new Series(new ObjectStore(place.address, async () => await Promise.resolve(objects)), 'data');
}

/** What lies in the series, by name. */
function names({ drive }: DrivePlace): readonly string[] {
  return drive.files.paths().flatMap((path) => /^Backups.*\/nas\/data\/(.*)$/.exec(path)?.[1] ?? []);
}

describe('a lock of a series in Google Drive', () => {
  it('costs nothing as long as nothing is written, and is there before anything else is', async () => {
    const place = await drivePlace();
    const series = await seriesAt(place);
    await series.store.put('data/before', one);
    const from = place.drive.requests.length;
    const lock = await SeriesLock.acquire(series);
    await lock.check();
    await lock.beat();
    await series.store.remove('data/none');
    expect(names(place)).toEqual(['before']);
    await lock.release();
    expect(place.drive.requests).toHaveLength(from);

    const next = await SeriesLock.acquire(series);
    let before: readonly string[] = [];
    place.proxy.trouble = (request) => {
      if (request.includes('multipart')) before = names(place);
      return undefined;
    };
    await series.store.put('data/after', one);
    expect(before).toEqual([expect.stringMatching(/^\.lock-/), 'before']);
    await next.beat();
    await next.check();
    expect(await isLocked(await seriesAt(place))).toBe(true);
    await next.release();
    expect(names(place)).toEqual(['after', 'before']);
    expect(await isLocked(await seriesAt(place))).toBe(false);
  });

  it.each<[string, (series: Series) => Promise<unknown>]>([
    ['written into', async ({ store }) => await store.put('data/new', one)],
    ['changed', async ({ store }) => await store.put('data/old', Buffer.from('2'))],
    ['cut', async ({ store }) => await store.remove('data/old')],
  ])('is not had where the series was %s meanwhile: nothing is written then', async (_, change) => {
    const place = await drivePlace();
    await place.objects.put('data/old', one);
    await place.objects.put('data/other', one);
    const series = await seriesAt(place);
    const lock = await SeriesLock.acquire(series);
    await change(await seriesAt(place, true));
    const before = names(place);
    for (const write of [
      async () => await series.store.put('data/x', one),
      async () => await series.store.put('data/2026-11-19T02-00-00Z/UNFINISHED', one),
      async () => await series.store.remove('data/other'),
    ]) {
      await expect(write()).rejects.toMatchObject({
        code: 'E_LOCKED',
        message: expect.stringContaining('another run was at work') as string,
      });
    }
    expect(names(place)).toEqual(before);
    await lock.release();
    expect(names(place)).toEqual(before);
  });

  it('is had although somebody looks at the series, and writes a line of the log', async () => {
    const place = await drivePlace();
    await place.objects.put('data/old', one);
    const series = await seriesAt(place);
    const lock = await SeriesLock.acquire(series);
    const other = await seriesAt(place, true);
    await other.store.appendLine('data/runs.jsonl', 'verified');
    await other.store.put('data/.shared-00', one);
    await series.store.put('data/x', one);
    await lock.release();
  });

  it('keeps out who comes later, also when both have seen no other one', async () => {
    const place = await drivePlace();
    await place.objects.put('data/old', one);
    const [first, second] = [await seriesAt(place), await seriesAt(place)];
    const lock = await SeriesLock.acquire(first);
    const late = await SeriesLock.acquire(second);
    // A line of the log alone says nothing of the series: the lock that comes with it does.
    await first.store.appendLine('data/runs.jsonl', 'line');
    await expect(second.store.put('data/b', one)).rejects.toMatchObject({ code: 'E_LOCKED' });
    await first.store.put('data/a', one);
    await expect(second.store.put('data/b', one)).rejects.toMatchObject({ code: 'E_LOCKED' });
    await late.release();
    await expect(SeriesLock.acquire(await seriesAt(place))).rejects.toMatchObject({ code: 'E_LOCKED' });
    const left = names(place).filter((name) => !name.startsWith('runs.jsonl'));
    expect(left).toEqual([expect.stringMatching(/^\.lock-/), 'a', 'old']);
    await lock.release();
  });

  it('is written at once by several writers, and once', async () => {
    const place = await drivePlace();
    await place.objects.put('data/old', one);
    const series = await seriesAt(place);
    const lock = await SeriesLock.acquire(series);
    await Promise.all(['a', 'b', 'c'].map(async (name) => await series.store.put(`data/${name}`, one)));
    expect(names(place).filter((name) => name.startsWith('.lock-'))).toHaveLength(1);
    await lock.release();
    expect(names(place)).toEqual(['a', 'b', 'c', 'old']);
  });

  it('is not left behind where it was written, and the look at the series failed', async () => {
    const place = await drivePlace();
    await place.objects.put('data/old', one);
    const series = await seriesAt(place);
    const lock = await SeriesLock.acquire(series);
    let isWritten = false;
    place.proxy.trouble = (request) => {
      if (request.includes('multipart')) isWritten = true;
      else if (isWritten) return { kind: 'lose' };
      return undefined;
    };
    await expect(series.store.put('data/new', one)).rejects.toMatchObject({ code: 'E_AWAY' });
    place.proxy.trouble = () => undefined;
    expect(names(place)).toEqual([expect.stringMatching(/^\.lock-/), 'old']);
    await lock.release();
    expect(names(place)).toEqual(['old']);
  });

  it('of another machine is not taken for an old one by a clock of this machine that is ahead', async () => {
    const place = await drivePlace();
    const other = await seriesAt(place, true);
    const lock = await SeriesLock.acquire(other, ANOTHER);
    await other.store.put('data/x', one);
    vi.useFakeTimers({ now: Date.now() + 3_600_000, toFake: ['Date'] });
    try {
      await expect(SeriesLock.acquire(await seriesAt(place))).rejects.toMatchObject({ code: 'E_LOCKED' });
    } finally {
      vi.useRealTimers();
    }
    await lock.release();
  });
});

it.each([
  ['another one', ['.lock-aa'], 'E_LOCKED'],
  ['another one that has ended', ['.lock-aa', '.lock-aa.ended'], undefined],
  ['the end of one that is removed already', ['.lock-aa.ended'], undefined],
  ['that of a reader', ['.shared-aa'], undefined],
])('a lock that was kept back meets %s', async (_, others, code) => {
  const inner = new MemoryObjects();
  const objects = new LateLocks(inner);
  await objects.put('data/.lock-bb', one);
  for (const name of others) await inner.put(`data/${name}`, one);
  // Whose clock is which cannot be known before it is written.
  expect((await objects.list('data')).filter(({ name }) => /^[.]lock-[a-b]+$/.test(name))).toEqual([
    expect.objectContaining({ name: '.lock-bb' }),
  ]);
  const writing = objects.put('data/x', one);
  if (code === undefined) await writing;
  else await expect(writing).rejects.toMatchObject({ code });
  const own = code === undefined ? ['data/.lock-bb', 'data/x'] : [];
  expect([...inner.kept.keys()].toSorted()).toEqual(
    [...others.map((name) => `data/${name}`), ...own].toSorted(),
  );
});

/** A folder of this machine that is taken for a place far away. */
function localPlace(): {
  objects: LateLocks;
  inner: FolderObjects;
  keys: () => readonly string[];
  folder: string;
} {
  const folder = stateFolder();
  const inner = new FolderObjects(folder);
  const keys = (): readonly string[] =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      .toSorted();
  return { objects: new LateLocks(inner), inner, keys, folder };
}

describe('LateLocks', () => {
  const [lock, marker] = ['data/.lock-bb', 'data/2026-11-19T02-00-00Z/info.json'];

  it.each<[string, string, string, 'E_LOCKED' | undefined]>([
    ['is read', marker, marker, 'E_LOCKED'],
    ['lies beside what is read', marker, 'data/2026-11-19T02-00-00Z/more', 'E_LOCKED'],
    ['nobody has looked at', 'data/owner.json', marker, undefined],
    ['is another series', marker, 'other/owner.json', undefined],
    [
      'is a line of the log',
      'data/runs.jsonl/2026-11-19T02-00-00Z-1.jsonl',
      'data/runs.jsonl/2.jsonl',
      undefined,
    ],
  ])('writes nothing where another run has written what %s', async (_, read, written, code) => {
    const { objects, inner, keys } = localPlace();
    await inner.put(marker, one);
    await objects.put(lock, one);
    await objects.get(read);
    await inner.put(written, Buffer.from('another one'));
    const before = keys();
    const writing = objects.put('data/x', one);
    if (code === undefined) await writing;
    else await expect(writing).rejects.toMatchObject({ code });
    expect(keys()).toEqual(code === undefined ? [...before, lock, 'data/x'].toSorted() : before);
    await objects.remove(lock);
    expect(keys().filter((key) => key.includes('.lock-'))).toEqual([]);
  });

  it('writes nothing where something of another size has the same time', async () => {
    const { objects, inner, keys, folder } = localPlace();
    const at = new Date(Date.now() - 60_000);
    const write = async (bytes: Buffer): Promise<void> => {
      await inner.put(marker, bytes);
      utimesSync(join(folder, marker), at, at);
    };
    await write(one);
    await objects.put(lock, one);
    await objects.get(marker);
    await write(Buffer.from('more of it'));
    await expect(objects.put('data/x', one)).rejects.toMatchObject({ code: 'E_LOCKED' });
    expect(keys()).toEqual([marker]);
  });

  it('says that the series has changed also where nothing may be removed, and ends the lock otherwise', async () => {
    const { objects, inner, keys } = localPlace();
    await inner.put(marker, one);
    inner.remove = async () =>
      await Promise.reject(new SnapshotError('E_AUTH', 'Cannot remove: permission denied'));
    const series = new Series(new ObjectStore('test', async () => await Promise.resolve(objects)), 'data');
    const own = await SeriesLock.acquire(series);
    await inner.put('data/owner.json', one);
    await expect(series.store.put('data/x', one)).rejects.toMatchObject({ code: 'E_LOCKED' });
    await own.release();
    const [name = '', ended] = keys().filter((key) => key.includes('.lock-'));
    expect([ended, keys().includes('data/x')]).toEqual([`${name}.ended`, false]);
    expect(await isLocked(series)).toBe(false);
  });

  it('writes the successor of a lock where that was given back before anything was written', async () => {
    const { objects, inner, keys } = localPlace();
    await inner.put(marker, one);
    await objects.put(lock, one);
    await objects.put('data/.lock-cc', one);
    await objects.remove(lock);
    expect(keys()).toEqual([marker]);
    await objects.put('data/x', one);
    expect(keys()).toEqual(['data/.lock-cc', marker, 'data/x'].toSorted());
  });

  it('writes a lock at once where another one lies, dead or alive', async () => {
    const { objects, inner, keys } = localPlace();
    await inner.put('data/.lock-aa', one);
    await objects.put(lock, one);
    expect(keys()).toEqual(['data/.lock-aa', lock]);
    await objects.remove(lock);
    expect(keys()).toEqual(['data/.lock-aa']);
  });

  it.each<[string, (objects: LateLocks) => Promise<unknown>]>([
    ['put', async (objects) => await objects.put('data/x', one)],
    ['put as a file', async (objects) => await objects.putFile('data/x', file)],
    ['removed', async (objects) => await objects.remove(marker)],
    ['linked', async (objects) => await objects.link?.(marker, 'data/x')],
    ['removed as a folder', async (objects) => await objects.removeFolder?.('data/empty')],
  ])('writes the lock before anything is %s, once, and its successors at once', async (_, write) => {
    const { objects, inner, keys } = localPlace();
    await inner.put(marker, one);
    await inner.put('data/empty/x', one);
    await inner.remove('data/empty/x');
    await objects.put(lock, one);
    await objects.remove('data/none');
    expect(keys()).toEqual([marker]);
    await write(objects);
    expect(keys()).toContain(lock);
    await objects.put('data/.lock-cc', one);
    await objects.remove(lock);
    expect(keys().filter((key) => key.includes('.lock-'))).toEqual(['data/.lock-cc']);
    await objects.remove('data/.lock-cc');
    await objects.put(lock, one);
    expect(keys().filter((key) => key.includes('.lock-'))).toEqual([]);
  });

  it('has a lock in a folder that gets another name, and removes it there', async () => {
    const { objects, inner, keys } = localPlace();
    await inner.put(marker, one);
    await objects.put(lock, one);
    expect(await objects.removeFolder?.('data')).toBe(false);
    expect(await objects.renameFolder?.('data', 'renamed')).toBe(true);
    expect(keys()).toContain('renamed/.lock-bb');
    await objects.put('renamed/.lock-cc', one);
    expect(keys()).toContain('renamed/.lock-cc');
    for (const name of ['.lock-bb', '.lock-cc']) await objects.remove(`renamed/${name}`);
    expect(keys()).toEqual([marker.replace('data', 'renamed')]);
  });

  it('takes what has the same tag for the same, where a server tells no times', async () => {
    const inner = new MemoryObjects();
    await inner.put(marker, one);
    let timeMs = 0;
    const list = inner.list.bind(inner);
    inner.list = async (folder) => (await list(folder)).map((item) => ({ ...item, modifiedMs: timeMs++ }));
    const objects = new LateLocks(inner);
    await objects.put(lock, one);
    await objects.get(marker);
    await objects.put('data/x', one);
    expect([...inner.kept.keys()]).toEqual([marker, lock, 'data/x']);
  });

  it('is asked for listings as of now when nothing is kept back', async () => {
    const { inner } = localPlace();
    let asked = 0;
    const objects = new LateLocks(Object.assign(inner, { refresh: () => void asked++ }));
    await objects.put(lock, one);
    objects.refresh();
    expect(asked).toBe(0);
    await objects.remove(lock);
    objects.refresh();
    expect(asked).toBe(1);
  });
});
