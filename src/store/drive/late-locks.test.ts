// What keeps two runs apart in Google Drive, where a lock is written late.
import { describe, expect, it, vi } from 'vitest';
import { SeriesLock } from '../../series/lock/lock.ts';
import { isLocked } from '../../series/lock/lock-file.ts';
import { Series } from '../../series/series.ts';
import { ObjectStore } from '../object-store.ts';
import { type DrivePlace, drivePlace, machine } from './drive.lab.ts';
import { Listing } from './drive-listings.ts';
import { LateLocks } from './late-locks.ts';

const one = Buffer.from('1');
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
])('a lock that was kept back meets %s', async (_, keys, code) => {
  const [listing, locks] = [new Listing(), new LateLocks()];
  locks.put('room', '.lock-bb', one, listing, 0);
  const about = {
    room: 'room',
    isFolder: false,
    sizeBytes: 1,
    modifiedMs: 0,
    sha256: undefined,
    parent: undefined,
  };
  for (const key of keys) listing.add({ id: key, key, ...about });
  const done: string[] = [];
  const writing = locks.write('room', 'Cannot write', {
    put: async (key) => await Promise.resolve(void done.push(`put ${key}`)),
    remove: async (key) => await Promise.resolve(void done.push(`remove ${key}`)),
    list: async () => await Promise.resolve(listing),
  });
  if (code === undefined) await writing;
  else await expect(writing).rejects.toMatchObject({ code });
  expect(done).toEqual(['put .lock-bb', ...(code === undefined ? [] : ['remove .lock-bb'])]);
});
