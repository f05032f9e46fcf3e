import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import { currentOwner, type Owner } from '../../host/machine.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLock } from './lock.ts';
import { HEARTBEAT_MS, isLocked, STALE_MS } from './lock-file.ts';
import { Series } from '../series.ts';

const SELF = currentOwner();
const ELSEWHERE: Owner = { host: 'other', machine: 'another machine', boot: 'b', pid: 1, started: '1' };

let folder: string;
let store: LocalStore;
let series: Series;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
  store = new LocalStore(folder);
  series = new Series(store, 'documents');
  path = join(folder, 'documents');
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function locks(): Promise<string[]> {
  return (await readdir(path)).filter((name) => name.startsWith('.lock-'));
}

/** A lock file as another process has it. */
async function lockOf(
  owner: Owner | string,
  { held = true, ageMinutes = 0, name = '.lock-other', since = '2026-11-19T02:00:00.000Z' } = {},
): Promise<void> {
  await mkdir(path, { recursive: true });
  const lock = { owner, held, since };
  const text = typeof owner === 'string' ? owner : JSON.stringify(lock);
  await writeFile(join(path, name), text);
  const at = Date.now() / 1000 - ageMinutes * 60;
  await utimes(join(path, name), at, at);
}

/** A process of its own that has the lock, until `end` kills it. */
async function otherProcess(): Promise<{ pid: number; end: () => Promise<void> }> {
  const dist = new URL('../../../dist/', import.meta.url);
  const code = `
    import { SeriesLock } from '${new URL('series/lock/lock.js', dist).href}';
    import { Series } from '${new URL('series/series.js', dist).href}';
    import { LocalStore } from '${new URL('store/local/local-store.js', dist).href}';
    await SeriesLock.acquire(new Series(new LocalStore(${JSON.stringify(folder)}), 'documents'));
    console.log('locked');
    process.stdin.resume();
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return {
    pid: child.pid ?? 0,
    end: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** What is thrown when the lock is lost. */
function lost(why: string): unknown {
  return expect.objectContaining({
    code: 'E_LOCKED',
    message: expect.stringMatching(`^The lock of series "documents" was lost: ${why}`) as string,
    hint: 'Nothing more was written. Another run takes over; if none does, run again.',
  });
}

/** Whether a lock file makes others give up. */
function heldIn(bytes: Uint8Array): boolean {
  return (JSON.parse(Buffer.from(bytes).toString('utf8')) as { held: boolean }).held;
}

/** Makes the lock of this process one that was written so long ago. */
async function ageOwn(minutes: number): Promise<void> {
  const name = (await locks()).find((one) => one !== '.lock-other') ?? '';
  const at = Date.now() / 1000 - minutes * 60;
  await utimes(join(path, name), at, at);
}

/** How long ago the only lock was written, milliseconds. */
async function ageOfOwn(): Promise<number> {
  const [name = '', ...more] = await locks();
  expect(more).toEqual([]);
  return Date.now() - (await stat(join(path, name))).mtimeMs;
}

describe('SeriesLock', () => {
  it('is held by one at a time, and by the next one after that', async () => {
    const lock = await SeriesLock.acquire(series);
    const second = SeriesLock.acquire(series);
    await expect(second).rejects.toMatchObject({
      code: 'E_LOCKED',
      message: expect.stringMatching(
        new RegExp(`^Series "documents" is locked by process ${process.pid} on ${SELF.host}, since 20`),
      ) as string,
      hint: expect.stringContaining('goes away by itself') as string,
    });
    expect(await locks()).toHaveLength(1);
    await lock.release();
    expect(await locks()).toEqual([]);
    await (await SeriesLock.acquire(series)).release();
  });

  it('locks one series, not its neighbour', async () => {
    const lock = await SeriesLock.acquire(series);
    const other = await SeriesLock.acquire(new Series(series.store, 'photos'));
    await other.release();
    await lock.release();
  });

  it('is held by exactly one of ten that want it at once', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, async () => await SeriesLock.acquire(series)),
    );
    const held = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const reasons = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    expect(held).toHaveLength(1);
    for (const reason of reasons) expect(reason).toMatchObject({ code: 'E_LOCKED' });
    expect(await locks()).toHaveLength(1);
    await held[0]?.release();
  });

  it('never lets two in, however often it is taken and given back', async () => {
    let inside = 0;
    let most = 0;
    let times = 0;
    const one = async (): Promise<void> => {
      for (let round = 0; round < 10; round++) {
        let lock: SeriesLock;
        try {
          lock = await SeriesLock.acquire(series);
        } catch (error) {
          expect(error).toMatchObject({ code: 'E_LOCKED' });
          continue;
        }
        most = Math.max(most, ++inside);
        times++;
        await readdir(path);
        inside--;
        await lock.release();
      }
    };
    await Promise.all([one(), one(), one(), one()]);
    expect(most).toBe(1);
    expect(times).toBeGreaterThan(0);
    expect(await locks()).toEqual([]);
  });

  it('is held by another process as long as that lives, and taken over when it was killed', async () => {
    const other = await otherProcess();
    try {
      await expect(SeriesLock.acquire(series)).rejects.toMatchObject({
        code: 'E_LOCKED',
        message: expect.stringContaining(`process ${other.pid} on `) as string,
      });
    } finally {
      await other.end();
    }
    expect(await locks()).toHaveLength(1);
    const lock = await SeriesLock.acquire(series);
    expect(await locks()).toHaveLength(1);
    await lock.release();
    expect(await locks()).toEqual([]);
  });

  it.skipIf(SELF.boot === '')('is taken over when the machine has started anew since', async () => {
    const boot = `another-boot ${SELF.boot.split(' ')[1]}`;
    await lockOf({ ...SELF, boot });
    await (await SeriesLock.acquire(series)).release();
    expect(await locks()).toEqual([]);
  });

  it.skipIf(SELF.started === '')('is taken over when another process has the same number now', async () => {
    await lockOf({ ...SELF, started: '1' });
    await (await SeriesLock.acquire(series)).release();
    expect(await locks()).toEqual([]);
  });

  it.each([
    [29, false],
    [31, true],
  ])(
    'of a process that has the number of a living one, its start not told, is taken over after %i minutes: %s',
    async (ageMinutes, isOurs) => {
      const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      await once(child, 'spawn');
      try {
        await lockOf({ ...SELF, pid: child.pid ?? 0, started: '' }, { ageMinutes });
        const attempt = SeriesLock.acquire(series);
        if (isOurs) await (await attempt).release();
        else await expect(attempt).rejects.toMatchObject({ code: 'E_LOCKED' });
      } finally {
        child.stdin.end();
        await once(child, 'exit');
      }
    },
  );

  it.each<[string, number, boolean]>([
    ['just now', 0, false],
    ['29 minutes ago', 29, false],
    ['31 minutes ago', 31, true],
  ])(
    'of a process on another machine that gave a sign of life %s is taken over: %3$s',
    async (_, ageMinutes, isOurs) => {
      await lockOf(ELSEWHERE, { ageMinutes });
      const attempt = SeriesLock.acquire(series);
      if (isOurs) {
        await (await attempt).release();
        expect(await locks()).toEqual([]);
      } else {
        await expect(attempt).rejects.toMatchObject({
          code: 'E_LOCKED',
          message: 'Series "documents" is locked by process 1 on other, since 2026-11-19T02:00:00.000Z',
        });
        expect(await locks()).toEqual(['.lock-other']);
      }
    },
  );

  it.each<[string, string]>([
    ['empty', ''],
    ['cut short', '{"owner":{"host":"o'],
    ['something else', '{"owner":{},"held":true,"since":""}'],
    ['no text', '\0\0\0\0'],
  ])('counts a lock file that is %s until it is old', async (_, text) => {
    await lockOf(text);
    await expect(SeriesLock.acquire(series)).rejects.toMatchObject({
      code: 'E_LOCKED',
      message: 'Series "documents" is locked by another run',
    });
    expect(await locks()).toEqual(['.lock-other']);
    await lockOf(text, { ageMinutes: 31 });
    await (await SeriesLock.acquire(series)).release();
    expect(await locks()).toEqual([]);
  });

  it('is had again by the process that could not remove it when it gave it back', async () => {
    store = new LocalStore(folder);
    const lock = await SeriesLock.acquire(new Series(store, 'documents'));
    store.remove = async () => await Promise.reject(new SnapshotError('E_STORE', 'injected'));
    await expect(lock.release()).rejects.toThrow('injected');
    expect(await locks()).toHaveLength(1);
    const next = await SeriesLock.acquire(series);
    expect(await locks()).toHaveLength(1);
    await next.release();
    expect(await locks()).toEqual([]);
  });

  it('does not count a lock file that is just being written, and removes it when it is old', async () => {
    const name = '.lock-other.part';
    await lockOf('{"own', { name });
    await (await SeriesLock.acquire(series)).release();
    expect(await locks()).toEqual([name]);
    await lockOf('{"own', { name, ageMinutes: 31 });
    await (await SeriesLock.acquire(series)).release();
    expect(await locks()).toEqual([]);
  });

  // The clock was set back since: no age can be told, and what is said about times decides nothing.
  it.each<[string, Owner, boolean]>([
    ['a dead process', { ...SELF, pid: 0x7fff_fff0 }, true],
    ['a process on another machine', ELSEWHERE, false],
  ])('from the future, of %s, is taken over: %3$s', async (_, owner, isOurs) => {
    await lockOf(owner, { ageMinutes: -60 * 24, since: '2126-11-19T02:00:00.000Z' });
    const attempt = SeriesLock.acquire(series);
    if (isOurs) {
      await (await attempt).release();
      expect(await locks()).toEqual([]);
    } else {
      await expect(attempt).rejects.toMatchObject({
        code: 'E_LOCKED',
        message: expect.stringContaining('process 1 on other, since 2126') as string,
      });
      expect(await locks()).toEqual(['.lock-other']);
    }
  });

  it.skipIf(SELF.started === '')(
    'is not taken from a process of this machine that lives, however long it is silent',
    async () => {
      // The one that has begun this one; field 22 is when it was started, see proc(5).
      const line = await readFile(`/proc/${process.ppid}/stat`, 'utf8');
      const started = line.slice(line.lastIndexOf(')') + 2).split(' ')[22 - 3] ?? '';
      await lockOf({ ...SELF, pid: process.ppid, started }, { ageMinutes: 60 * 24 });
      await expect(SeriesLock.acquire(series)).rejects.toMatchObject({
        code: 'E_LOCKED',
        message: expect.stringContaining(`process ${process.ppid} on `) as string,
      });
      expect(await locks()).toEqual(['.lock-other']);
    },
  );

  describe('while another one only tries', () => {
    beforeEach(async () => {
      // It does not wait for long.
      vi.spyOn(Math, 'random').mockReturnValue(0);
      await lockOf(ELSEWHERE, { held: false });
    });
    afterEach(() => void vi.restoreAllMocks());

    it('steps back and tries again, until that one is gone', async () => {
      const put = vi.spyOn(store, 'put');
      const remove = store.remove.bind(store);
      let steps = 0;
      store.remove = async (key) => {
        await remove(key);
        if (++steps === 2) await rm(join(path, '.lock-other'));
      };
      const lock = await SeriesLock.acquire(series);
      expect(put.mock.calls.map(([, bytes]) => heldIn(bytes))).toEqual([false, false, false, true]);
      await lock.release();
      expect(await locks()).toEqual([]);
    });

    it('gives up after many times, and leaves nothing', async () => {
      const put = vi.spyOn(store, 'put');
      await expect(SeriesLock.acquire(series)).rejects.toMatchObject({
        code: 'E_LOCKED',
        message: 'Series "documents" is locked by another run',
      });
      expect(put).toHaveBeenCalledTimes(30);
      expect(await locks()).toEqual(['.lock-other']);
    });
  });

  it('leaves no lock of its own when the store fails', async () => {
    store = new LocalStore(folder);
    const failure = new Error('the network is down');
    const failing = new Series(
      Object.assign(Object.create(store) as LocalStore, {
        list: async () => await Promise.reject(failure),
        create: async (key: string) => await store.create(key),
        put: async (key: string, bytes: Uint8Array) => await store.put(key, bytes),
        remove: async (key: string) => await store.remove(key),
      }),
      'documents',
    );
    await expect(SeriesLock.acquire(failing)).rejects.toBe(failure);
    expect(await locks()).toEqual([]);
  });

  describe('while it is held', () => {
    afterEach(() => {
      vi.useRealTimers();
    });

    it('gives a sign of life far more often than others wait for one', async () => {
      expect(HEARTBEAT_MS * 5).toBeLessThanOrEqual(STALE_MS);
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
      const lock = await SeriesLock.acquire(series);
      await ageOwn(29);
      vi.advanceTimersByTime(HEARTBEAT_MS);
      // After the heartbeat under way.
      await lock.check();
      expect(await ageOfOwn()).toBeLessThan(60_000);
      await lock.release();
    });

    it('keeps others out after a heartbeat as before it, and makes none give up before it is judged', async () => {
      const put = vi.spyOn(series.store, 'put');
      const lock = await SeriesLock.acquire(series);
      await lock.beat();
      const written = put.mock.calls.map(([, bytes]) => Buffer.from(bytes).toString('utf8'));
      expect(written.map((text) => heldIn(Buffer.from(text)))).toEqual([false, true, false, true]);
      // Since when it is held is what people are told.
      expect(new Set(written.map((text) => text.replace(/"held":\w+/, ''))).size).toBe(1);
      await lock.release();
    });

    it('is written anew by a look only when it is twice as old as it should be', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const lock = await SeriesLock.acquire(series);
      const before = await locks();
      await lock.check();
      vi.advanceTimersByTime(2 * HEARTBEAT_MS);
      await lock.check();
      expect(await locks()).toEqual(before);
      vi.advanceTimersByTime(1);
      await lock.check();
      expect(await locks()).not.toEqual(before);
      await lock.release();
    });

    it('is not lost to a file that cannot be read, which proves nothing', async () => {
      const lock = await SeriesLock.acquire(series);
      await lockOf('');
      await lock.check();
      await lock.beat();
      expect(lock.signal.aborted).toBe(false);
      await lock.release();
      expect(await locks()).toEqual(['.lock-other']);
    });

    it.each<[string, (lock: SeriesLock) => Promise<void>]>([
      ['a heartbeat', async (lock) => await lock.beat()],
      ['a look', async (lock) => await lock.check()],
    ])('is lost to %s that finds its file gone, and does not make it anew', async (_, look) => {
      const lock = await SeriesLock.acquire(series);
      await rm(join(path, (await locks())[0] ?? ''));
      await look(lock).catch(() => {});
      expect(lock.signal.reason).toEqual(lost('its file is gone'));
      expect(await locks()).toEqual([]);
      await lock.beat();
      await expect(lock.check()).rejects.toEqual(lost('its file is gone'));
      expect(await locks()).toEqual([]);
      await lock.release();
    });

    it('is lost to another that holds it, which is named', async () => {
      const lock = await SeriesLock.acquire(series);
      await lockOf(ELSEWHERE);
      await expect(lock.check()).rejects.toEqual(
        lost('process 1 on other, since 2026-11-19T02:00:00.000Z, has'),
      );
      expect(lock.signal.aborted).toBe(true);
      await lock.release();
      expect(await locks()).toEqual(['.lock-other']);
    });

    it('is lost to one that took over, ended and went between the look and the heartbeat', async () => {
      store = new LocalStore(folder);
      const lock = await SeriesLock.acquire(new Series(store, 'documents'));
      const put = store.put.bind(store);
      store.put = async (key, bytes) => {
        for (const name of await locks()) await rm(join(path, name));
        await put(key, bytes);
      };
      await lock.beat();
      expect(lock.signal.reason).toEqual(lost('its file is gone'));
      await lock.release();
      expect(await locks()).toEqual([]);
    });

    it('is lost when others tried for it after it had been silent for long, and else goes on', async () => {
      const lock = await SeriesLock.acquire(series);
      await ageOwn(120);
      await lock.beat();
      expect(lock.signal.aborted).toBe(false);
      expect(await ageOfOwn()).toBeLessThan(60_000);
      await lockOf(ELSEWHERE, { held: false });
      await lock.beat();
      await lock.check();
      // It may have judged by the time before this heartbeat.
      await ageOwn(16);
      await lock.beat();
      expect(lock.signal.reason).toEqual(lost('process 1 on other'));
      await lock.release();
    });

    it('is written anew by the first look after a sleep', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const lock = await SeriesLock.acquire(series);
      await ageOwn(20);
      vi.advanceTimersByTime(2 * 60 * 60_000);
      await lock.check();
      vi.useRealTimers();
      expect(await ageOfOwn()).toBeLessThan(60_000);
      await lock.release();
    });

    it('is lost when the store fails for long, not when it fails for a while', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      store = new LocalStore(folder);
      const lock = await SeriesLock.acquire(new Series(store, 'documents'));
      const list = store.list.bind(store);
      store.list = async () => await Promise.reject(new SnapshotError('E_STORE', 'the network is down'));
      vi.advanceTimersByTime(STALE_MS / 2);
      await lock.beat();
      expect(lock.signal.aborted).toBe(false);
      await expect(lock.check()).rejects.toThrow('the network is down');
      expect(lock.signal.aborted).toBe(false);
      vi.advanceTimersByTime(60_000);
      await lock.beat();
      expect(lock.signal.reason).toEqual(lost('it could not be renewed for 16 minutes: the network is down'));
      store.list = list;
      await lock.release();
      expect(await locks()).toEqual([]);
    });

    it('leaves no file when it is released during a heartbeat', async () => {
      store = new LocalStore(folder);
      const lock = await SeriesLock.acquire(new Series(store, 'documents'));
      const put = store.put.bind(store);
      const gate = new EventEmitter();
      store.put = async (key, bytes) => {
        store.put = put;
        gate.emit('writing');
        await once(gate, 'open');
        await put(key, bytes);
      };
      const writing = once(gate, 'writing');
      const beating = lock.beat();
      await writing;
      const released = lock.release();
      gate.emit('open');
      await Promise.all([beating, released]);
      expect(await locks()).toEqual([]);
    });

    it('tells when it cannot be removed, and throws nothing', async () => {
      store = new LocalStore(folder);
      const lock = await SeriesLock.acquire(new Series(store, 'documents'));
      store.remove = async () => await Promise.reject(new SnapshotError('E_STORE', 'injected'));
      const notes: string[] = [];
      await lock.release((note) => notes.push(note));
      expect(notes).toEqual(['the lock could not be removed, and will be by the next run: injected']);
    });
  });

  it('leaves everything else in the folder alone', async () => {
    await mkdir(path);
    await writeFile(join(path, 'runs.jsonl'), '{}\n');
    await writeFile(join(path, 'lock-of-mine'), 'x');
    await (await SeriesLock.acquire(series)).release();
    expect((await readdir(path)).toSorted()).toEqual(['lock-of-mine', 'runs.jsonl']);
    expect(await readFile(join(path, 'lock-of-mine'), 'utf8')).toBe('x');
  });
});

/** A place far away that remembers listings, and which of them it forgets. */
class RememberingStore extends LocalStore {
  readonly forgot: (string | undefined)[] = [];

  async refresh(forgotten?: string): Promise<void> {
    this.forgot.push(forgotten);
    await Promise.resolve();
  }
}

it('what was listed before a lock is as old as it is; once it is held, only other locks are looked for', async () => {
  const far = new RememberingStore(folder);
  const remembering = new Series(far, 'documents');
  const lock = await SeriesLock.acquire(remembering);
  expect(far.forgot.splice(0)).toEqual([undefined]);
  await lock.check();
  await lock.beat();
  expect(far.forgot.splice(0)).toEqual(['documents', 'documents']);
  await lock.release();
  expect(await isLocked(remembering)).toBe(false);
  expect(far.forgot).toEqual([undefined]);
});

describe('a lock of who cannot be asked', () => {
  /** A file server whose clock is an hour behind. */
  class BehindStore extends LocalStore {
    override async list(folderName: string): ReturnType<LocalStore['list']> {
      const items = await super.list(folderName);
      return items.map((item) => ({ ...item, modifiedMs: item.modifiedMs - 3_600_000 }));
    }
  }

  it('is as old as the clock of the store says, whatever this one does', async () => {
    const behind = new Series(new BehindStore(folder), 'documents');
    await lockOf(ELSEWHERE, { ageMinutes: 29 });
    await expect(SeriesLock.acquire(behind)).rejects.toMatchObject({ code: 'E_LOCKED' });
    await lockOf(ELSEWHERE, { ageMinutes: 31 });
    await (await SeriesLock.acquire(behind)).release();
    expect(await locks()).toEqual([]);
  });

  it('that has ended, where nothing could be removed, goes with the next one that is released', async () => {
    await lockOf(ELSEWHERE);
    await writeFile(join(path, '.lock-other.ended'), '');
    await (await SeriesLock.acquire(series)).release();
    expect(await locks()).toEqual([]);
  });
});
