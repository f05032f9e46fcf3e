import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countDown, requestCancel, type Countdown } from './countdown.ts';
import { currentOwner } from './machine.ts';

let folder: string;
let stateFolder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countdown-'));
  stateFolder = join(folder, 'state', 'snapshot');
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** A countdown without waiting: `eachSecond` happens while the second passes. */
function start(eachSecond: (left: number) => unknown, changes: Partial<Countdown> = {}) {
  const ticks: number[] = [];
  const outcome = countDown({
    seconds: 3,
    tick: (left) => ticks.push(left),
    cancelled: new AbortController().signal,
    stateFolder,
    sleep: async (ms) => {
      expect(ms).toBe(1000);
      await eachSecond(ticks.at(-1) ?? 0);
    },
    ...changes,
  });
  return { ticks, outcome };
}

function failToShow(): never {
  throw new Error('no terminal');
}

describe('countDown()', () => {
  it('tells the seconds left and ends with done', async () => {
    const { ticks, outcome } = start(() => undefined);
    expect(await outcome).toBe('done');
    expect(ticks).toEqual([3, 2, 1]);
  });

  it.each([3, 2, 1])('stops when the signal aborts with %i seconds left', async (when) => {
    const stop = new AbortController();
    const { ticks, outcome } = start((left) => left === when && stop.abort(), { cancelled: stop.signal });
    expect(await outcome).toBe('cancelled');
    expect(ticks.at(-1)).toBe(when);
  });

  it('takes the time that it tells', async () => {
    const begun = performance.now();
    const cancelled = new AbortController().signal;
    expect(await countDown({ seconds: 1, tick: () => {}, cancelled, stateFolder })).toBe('done');
    expect(performance.now() - begun).toBeGreaterThan(990);
  });

  it('wakes up at once when the signal aborts', async () => {
    const stop = new AbortController();
    const begun = performance.now();
    const outcome = countDown({
      seconds: 1_000_000,
      tick: () => setImmediate(() => stop.abort()),
      cancelled: stop.signal,
      stateFolder,
    });
    expect(await outcome).toBe('cancelled');
    expect(performance.now() - begun).toBeLessThan(1000);
  });

  it('does not begin when the signal has aborted before', async () => {
    const { ticks, outcome } = start(() => undefined, { cancelled: AbortSignal.abort() });
    expect(await outcome).toBe('cancelled');
    expect(ticks).toEqual([]);
  });

  it.each([3, 2, 1])('stops when a cancel is requested with %i seconds left', async (when) => {
    const answers: boolean[] = [];
    const { ticks, outcome } = start(async (left) => {
      if (left === when) answers.push(await requestCancel(stateFolder));
    });
    expect(await outcome).toBe('cancelled');
    expect(answers).toEqual([true]);
    expect(ticks.at(-1)).toBe(when);
  });

  it('leaves nothing behind, done, cancelled or failed', async () => {
    await start(() => undefined).outcome;
    expect(await readdir(stateFolder)).toEqual([]);
    await start(() => requestCancel(stateFolder)).outcome;
    expect(await readdir(stateFolder)).toEqual([]);
    await expect(start(() => undefined, { tick: failToShow }).outcome).rejects.toThrow('no terminal');
    expect(await readdir(stateFolder)).toEqual([]);
  });

  it('is not stopped by a request made before it began', async () => {
    await requestCancel(stateFolder);
    expect(await start(() => undefined).outcome).toBe('done');
  });

  it('keeps its owner in the state folder while it counts, for the user alone', async () => {
    const seen: unknown[] = [];
    await start(async () => {
      const file = join(stateFolder, `shutdown-pending-${process.pid}.json`);
      seen.push(JSON.parse(await readFile(file, 'utf8')));
      if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
    }).outcome;
    expect(seen).toEqual([currentOwner(), currentOwner(), currentOwner()]);
  });

  it('refuses to count where nobody could cancel', async () => {
    await writeFile(join(folder, 'state'), 'a file');
    const { ticks, outcome } = start(() => undefined);
    await expect(outcome).rejects.toMatchObject({
      code: 'E_HOST',
      message: expect.stringContaining(stateFolder),
      hint: 'The machine stays on.',
    });
    expect(ticks).toEqual([]);
  });
});

describe('requestCancel()', () => {
  it('finds no countdown where there is no state folder', async () => {
    expect(await requestCancel(stateFolder)).toBe(false);
  });

  it('clears away what a dead process left, without counting it', async () => {
    const file = join(folder, 'shutdown-pending-77.json');
    const self = currentOwner();
    // Of the last boot, or, where boots cannot be told apart, of a process that is not there.
    const left = self.boot === '' ? { ...self, pid: 2 ** 30 } : { ...self, boot: 'earlier pid:[1]' };
    await writeFile(file, JSON.stringify(left));
    expect(await requestCancel(folder)).toBe(false);
    expect(await readdir(folder)).toEqual([]);
  });

  it('cancels that of another machine, or container, of which nobody can tell whether it is under way', async () => {
    const other = { ...currentOwner(), host: 'other', machine: 'other' };
    await writeFile(join(folder, 'shutdown-pending-77.json'), JSON.stringify(other));
    expect(await requestCancel(folder)).toBe(true);
    expect(await readdir(folder)).toEqual([]);
  });

  // What cannot be told of a countdown may be that of one under way, which is cancelled.
  it.each([
    ['is just being announced', ''],
    ['says something else', 'null'],
    ['says nothing of a process', '{}'],
  ])('cancels a countdown that %s', async (_, text) => {
    await writeFile(join(folder, 'shutdown-pending-77.json'), text);
    expect(await requestCancel(folder)).toBe(true);
    expect(await readdir(folder)).toEqual([]);
  });

  it('cancels each of several', async () => {
    for (const pid of [77, 78]) {
      await writeFile(join(folder, `shutdown-pending-${pid}.json`), JSON.stringify(currentOwner()));
    }
    expect(await requestCancel(folder)).toBe(true);
    expect(await readdir(folder)).toEqual([]);
  });

  it('may be asked by several at once', async () => {
    await writeFile(join(folder, 'shutdown-pending-77.json'), JSON.stringify(currentOwner()));
    const answers = await Promise.all(Array.from({ length: 5 }, () => requestCancel(folder)));
    expect(answers).toContain(true);
    expect(await readdir(folder)).toEqual([]);
  });

  it('touches no other file', async () => {
    const others = [
      'my-shutdown-pending-77.json',
      'shutdown-pending-.json',
      'shutdown-pending-77.json.bak',
      'shutdown-pending-7x.json',
      'snapshot.log',
    ];
    for (const name of others) await writeFile(join(folder, name), '');
    expect(await requestCancel(folder)).toBe(false);
    expect((await readdir(folder)).toSorted()).toEqual(others);
  });

  it('says so when it cannot read the state folder', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(requestCancel(file)).rejects.toMatchObject({
      code: 'E_HOST',
      message: `Cannot cancel the shutdown in "${file}": not a folder`,
      hint: 'Press Ctrl-C where it counts down.',
    });
  });
});
