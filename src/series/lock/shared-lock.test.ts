import { EventEmitter, once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import { currentOwner, type Owner } from '../../host/machine.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLock } from './lock.ts';
import { HEARTBEAT_MS, STALE_MS } from './lock-file.ts';
import { Series } from '../series.ts';
import { findReader, SharedLock } from './shared-lock.ts';

const SELF = currentOwner();
const ELSEWHERE: Owner = { host: 'other', machine: 'another machine', boot: 'b', pid: 1, started: '1' };
const REFUSED = new SnapshotError('E_STORE', 'the disk is read-only');
const BUG = new TypeError('a bug');

let folder: string;
let store: LocalStore;
let series: Series;
let notes: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shared-lock-'));
  store = new LocalStore(folder);
  series = new Series(store, 'documents');
  notes = [];
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true });
});

function note(message: string): void {
  notes.push(message);
}

async function acquired(): Promise<SharedLock> {
  const lock = await SharedLock.acquire(series, note);
  if (lock === undefined) throw new Error('not locked');
  return lock;
}

async function files(): Promise<readonly string[]> {
  return await readdir(join(folder, 'documents'));
}

/** What another reader has written so long ago. */
async function readerOf(owner: Owner | undefined, ageMinutes: number): Promise<void> {
  const path = join(folder, 'documents', '.shared-other');
  await mkdir(join(folder, 'documents'), { recursive: true });
  const text = JSON.stringify({ owner, held: true, since: '2026-11-19T02:00:00.000Z' });
  await writeFile(path, owner === undefined ? '' : text);
  const at = Date.now() / 1000 - ageMinutes * 60;
  await utimes(path, at, at);
}

describe('SharedLock', () => {
  it('is found as long as one of several readers holds one, and keeps no run out', async () => {
    expect(await findReader(series)).toBeUndefined();
    const begun = new Date().toISOString();
    const [one, two] = [await acquired(), await acquired()];
    expect(await findReader(series)).toMatchObject({ owner: SELF, held: true });
    expect((await findReader(series))?.since.localeCompare(begun)).toBeGreaterThanOrEqual(0);
    await (await SeriesLock.acquire(series)).release();
    await one.release(note);
    expect(await findReader(series)).toMatchObject({ owner: SELF });
    await two.release(note);
    expect(await findReader(series)).toBeUndefined();
    expect([await files(), notes]).toEqual([[], []]);
  });

  it('takes no run for a reader', async () => {
    const lock = await SeriesLock.acquire(series);
    expect(await findReader(series)).toBeUndefined();
    await lock.release();
  });

  it('gives a sign of life at each heartbeat, also after one that failed, until it is given back', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const put = vi.spyOn(store, 'put');
    const lock = await acquired();
    const first = put.mock.calls[0];
    vi.advanceTimersByTime(HEARTBEAT_MS - 1);
    expect(put).toHaveBeenCalledTimes(1);
    put.mockRejectedValueOnce(REFUSED);
    vi.advanceTimersByTime(1);
    expect(put).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(HEARTBEAT_MS);
    expect(put.mock.calls).toEqual([first, first, first]);
    await lock.release(note);
    vi.advanceTimersByTime(2 * HEARTBEAT_MS);
    expect(put).toHaveBeenCalledTimes(3);
    expect([await files(), notes]).toEqual([[], []]);
  });

  it('keeps no process alive', async () => {
    const begin = vi.spyOn(globalThis, 'setInterval');
    const lock = await acquired();
    const [timer] = begin.mock.results.map(({ value }) => value as NodeJS.Timeout);
    expect(timer?.hasRef()).toBe(false);
    begin.mockRestore();
    await lock.release(note);
  });

  it('leaves no file when it is given back during a heartbeat', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const lock = await acquired();
    const put = store.put.bind(store);
    const gate = new EventEmitter();
    store.put = async (key, bytes) => {
      await once(gate, 'open');
      await put(key, bytes);
    };
    vi.advanceTimersByTime(HEARTBEAT_MS);
    const released = lock.release(note);
    gate.emit('open');
    await released;
    expect(await files()).toEqual([]);
  });

  it('that may have been written all the same when it could not be is none', async () => {
    const put = store.put.bind(store);
    store.put = async (key, bytes) => {
      await put(key, bytes);
      throw REFUSED;
    };
    expect(await SharedLock.acquire(series, note)).toBeUndefined();
    expect(notes).toEqual([`it is not locked against a rotation meanwhile: ${REFUSED.message}`]);
    expect(await files()).toHaveLength(1);
    expect(await findReader(series)).toBeUndefined();
    expect(await files()).toEqual([]);
  });

  it('that cannot be removed is told, and found no more', async () => {
    const lock = await acquired();
    const remove = vi.spyOn(store, 'remove').mockRejectedValueOnce(REFUSED);
    await lock.release(note);
    expect(notes).toEqual([`the lock could not be removed; it goes away by itself: ${REFUSED.message}`]);
    expect(await findReader(series)).toBeUndefined();
    expect(remove).toHaveBeenCalledTimes(2);
    expect(await files()).toEqual([]);
  });

  it('hides no bug', async () => {
    const put = vi.spyOn(store, 'put').mockRejectedValueOnce(BUG);
    await expect(SharedLock.acquire(series, note)).rejects.toBe(BUG);
    put.mockRestore();
    const lock = await acquired();
    vi.spyOn(store, 'remove').mockRejectedValueOnce(BUG);
    await expect(lock.release(note)).rejects.toBe(BUG);
    expect(notes).toEqual([]);
  });
});

describe('findReader()', () => {
  it.each<[string, Owner | undefined, number, boolean]>([
    ['on another machine, 29 minutes ago', ELSEWHERE, 29, true],
    ['on another machine, 31 minutes ago', ELSEWHERE, 31, false],
    ['that has died', { ...SELF, pid: 0x7fff_fff0 }, 0, false],
    ['that writes it right now', undefined, 0, true],
    ['that wrote half of it 31 minutes ago', undefined, 31, false],
  ])('counts a reader %s: %4$s', async (_, owner, ageMinutes, counts) => {
    await readerOf(owner, ageMinutes);
    expect((await findReader(series)) !== undefined).toBe(counts);
    expect(await files()).toEqual(counts ? ['.shared-other'] : []);
  });

  it.each([
    [STALE_MS, true],
    [STALE_MS + 1, false],
  ])('counts one on another machine that is silent for %i ms: %s', async (silentMs, counts) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 20) });
    await readerOf(ELSEWHERE, silentMs / 60_000);
    expect((await findReader(series)) !== undefined).toBe(counts);
  });

  it('counts the lock of a user who lets nobody read it, but never a bug', async () => {
    await readerOf(SELF, 0);
    const read = vi.spyOn(store, 'read').mockRejectedValueOnce(REFUSED);
    expect(await findReader(series)).toEqual({ owner: SELF, held: true, since: '' });
    read.mockRejectedValueOnce(BUG);
    await expect(findReader(series)).rejects.toBe(BUG);
  });

  it('passes over one that goes away while it looks', async () => {
    await readerOf(ELSEWHERE, 0);
    vi.spyOn(store, 'read').mockResolvedValueOnce(undefined);
    const remove = vi.spyOn(store, 'remove');
    expect(await findReader(series)).toBeUndefined();
    expect(remove).not.toHaveBeenCalled();
  });
});
