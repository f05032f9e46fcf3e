import { EventEmitter, once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { keepThreads } from '../../../test/support/lasting-threads.ts';
import { loadPlan, type Plan } from '../../plan/plan.ts';
import type { RunEvent } from '../events.ts';
import { Memory } from '../status/memory.ts';
import { type Changed, watchPlan, type WatchPlanOptions } from './watch.ts';

keepThreads();

const HOUR_MS = 3_600_000;

let root: string;
let memory: Memory;
let nowMs: number;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'snapshot-watch-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'source'));
  writeFileSync(join(root, 'source', 'a'), 'a');
  memory = new Memory(join(root, 'memory'));
  // Ahead of all files, so that none of them counts as changed a moment ago.
  nowMs = Date.now() + 24 * HOUR_MS;
});

async function planOf(...rows: readonly string[]): Promise<Plan> {
  const file = join(root, 'plan.csv');
  writeFileSync(file, ['source,destination,name,strategy,every', ...rows, ''].join('\n'));
  return await loadPlan(file);
}

async function watch(
  plan: Plan,
  options: Pick<WatchPlanOptions, 'report' | 'untilIdle'> & Partial<WatchPlanOptions>,
  changed?: Changed,
): Promise<number> {
  const all = {
    only: [],
    signal: new AbortController().signal,
    memory,
    now: () => new Date(nowMs),
    actionLog: undefined,
    acceptChanges: false,
    adopt: false,
    ...options,
  };
  return await watchPlan(plan, all, changed);
}

/** Watches these rows until all is idle. @returns The exit status, and how each row ended, as often as it did. */
async function watchIdle(...rows: readonly string[]): Promise<{ status: number; ends: readonly string[] }> {
  const events: RunEvent[] = [];
  const report = (event: RunEvent): void => void events.push(event);
  const status = await watch(await planOf(...rows), { report, untilIdle: true });
  const ends = events.flatMap((event) => (event.event === 'row' ? [`${event.row}: ${event.outcome}`] : []));
  return { status, ends: ends.toSorted() };
}

it('runs rows that are due, and leaves a mirror of the same name to whoever keeps it', async () => {
  const rows = [`source,disk,data,,`, `source,mirror,data,mirror,`];
  const [disk, mirror] = ['disk', 'mirror'].map((name) => `data (${join(root, name)})`);
  // Who keeps the mirror tells of its first pass, and how it stood in the end.
  expect(await watchIdle(...rows)).toEqual({
    status: 0,
    ends: [`${disk}: written`, `${mirror}: unchanged`, `${mirror}: written`],
  });
  expect(readdirSync(join(root, 'mirror', 'data'))).toContain('a');
});

it('runs of two rows of one name the one that is due, and each again when its time has come', async () => {
  const rows = ['source,one,data,,1h', 'source,two,data,,1d'];
  const [one, two] = ['one', 'two'].map((name) => `data (${join(root, name)})`);
  expect((await watchIdle(...rows)).ends).toEqual([`${one}: written`, `${two}: written`]);
  nowMs += HOUR_MS - 1000;
  expect((await watchIdle(...rows)).ends).toEqual([]);
  nowMs += 1000;
  expect((await watchIdle(...rows)).ends).toEqual([`${one}: unchanged`]);
  nowMs += 23 * HOUR_MS;
  expect((await watchIdle(...rows)).ends).toEqual([`${one}: unchanged`, `${two}: unchanged`]);
});

it('tells by its exit status that a row failed, whatever came of the others', async () => {
  const rows = ['gone,one,first,,', 'source,two,second,,'];
  const { status, ends } = await watchIdle(...rows);
  expect(ends).toEqual(['first: failed', 'second: written']);
  expect(status).not.toBe(0);
});

it('runs a row that is due although what this machine remembers of its destination is damaged', async () => {
  const disk = join(root, 'disk');
  await memory.update(disk, (known) => known);
  const kept = readdirSync(join(root, 'memory', 'destinations')).map((name) =>
    join(root, 'memory', 'destinations', name),
  );
  for (const file of kept) writeFileSync(file, '{');
  expect(kept).toHaveLength(1);
  expect(await watchIdle('source,disk,data,,')).toEqual({ status: 0, ends: ['data: written'] });
});

it('leaves no mirror behind that nobody keeps, when it cannot go on', async () => {
  const kept = new AbortController();
  const whenKept = once(kept.signal, 'abort');
  const disk = join(root, 'disk');
  class Broken extends Memory {
    override async find(destination: string): ReturnType<Memory['find']> {
      if (destination !== disk) return await super.find(destination);
      await whenKept;
      throw new Error('a bug');
    }
  }
  memory = new Broken(join(root, 'memory'));
  const told = (event: RunEvent): void => {
    if (isKept(event)) kept.abort();
  };
  const plan = await planOf('source,disk,data,,', 'source,mirror,plain,mirror,');
  await expect(watch(plan, { report: told, untilIdle: false })).rejects.toThrow('a bug');
  const left = readdirSync(join(root, 'mirror', 'plain', '.snapshot-data'));
  expect(left.filter((name) => name.startsWith('watch') || name.includes('lock'))).toEqual([]);
});

it.each<[string, string, 'begins' | 'is kept']>([
  ['a row', 'source,disk,data,,', 'begins'],
  ['a pair', 'source,other,data,sync,', 'begins'],
  ['a mirror', 'source,mirror,data,mirror,', 'begins'],
  ['a mirror', 'source,mirror,data,mirror,', 'is kept'],
])('ends well where %s (%s) is stopped when it %s', async (_, row, when) => {
  const stop = new AbortController();
  const status = await watch(await planOf(row), {
    report: (event) => {
      if (isKept(event)) stop.abort(new Error('enough'));
    },
    now: () => {
      if (when === 'begins') stop.abort(new Error('enough'));
      return new Date(nowMs);
    },
    untilIdle: false,
    signal: stop.signal,
  });
  expect(status).toBe(0);
});

/** A watch of `before`, whose plan becomes `after` once `isTime` says so, and which is stopped when `isEnd` does. */
async function watchChanged(
  before: Plan,
  after: Plan,
  isTime: (events: readonly RunEvent[]) => boolean,
  isEnd: (events: readonly RunEvent[]) => boolean,
): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  const stop = new AbortController();
  const time = new EventEmitter();
  const report = (event: RunEvent): void => {
    events.push(event);
    if (isTime(events)) time.emit('changed');
    if (isEnd(events)) stop.abort(new Error('enough'));
  };
  const options = { report, untilIdle: false, signal: stop.signal };
  const status = await watch(before, options, async (current, signal) => {
    const change = current === before ? once(time, 'changed', { signal }) : once(signal, 'abort');
    return await change.then(
      () => (signal.aborted ? undefined : after),
      () => undefined,
    );
  });
  expect(status).toBe(0);
  return events;
}

function keptRows(events: readonly RunEvent[]): readonly string[] {
  return events.flatMap((event) => ('row' in event && isKept(event) ? [event.row] : []));
}

function outcomes(events: readonly RunEvent[]): readonly string[] {
  return events.flatMap((event) => (event.event === 'row' ? [`${event.row}: ${event.outcome}`] : []));
}

it('goes on with what a changed plan leaves as it was, ends what is gone, and begins what is new', async () => {
  const [same, gone, fresh] = ['same', 'gone', 'fresh'].map((name) => `source,mirror,${name},mirror,`);
  const before = await planOf(same ?? '', gone ?? '');
  const after = await planOf(fresh ?? '', same ?? '');
  const data = join(root, 'mirror', 'gone', '.snapshot-data');
  let left: readonly string[] = ['nobody has looked'];
  const events = await watchChanged(
    before,
    after,
    (now) => keptRows(now).length === 2,
    (now) => {
      if (!keptRows(now).includes('fresh')) return false;
      left = readdirSync(data).filter((name) => name.startsWith('watch') || name.includes('lock'));
      return true;
    },
  );
  expect(keptRows(events).toSorted()).toEqual(['fresh', 'gone', 'same']);
  // Where each is told of once, but for how it stood in the end.
  expect(
    outcomes(events)
      .filter((outcome) => outcome.endsWith('written'))
      .toSorted(),
  ).toEqual(['fresh: written', 'gone: written', 'same: written']);
  expect(left).toEqual([]);
});

it('begins a row anew where a changed plan is another one for it', async () => {
  mkdirSync(join(root, 'source', 'inside'));
  const row = 'source,mirror,one,mirror,';
  const events = await watchChanged(
    await planOf(row),
    // Its source has a series of this program in it now.
    await planOf(row, 'source/inside,source/disk,two,mirror,'),
    (now) => keptRows(now).length === 1,
    (now) => keptRows(now).length === 3,
  );
  expect(keptRows(events).toSorted()).toEqual(['one', 'one', 'two']);
});

it('lets a snapshot come to its end when the plan changes, and runs at once what is new', async () => {
  const first = 'source,disk,first,,';
  const events = await watchChanged(
    await planOf(first),
    await planOf(first, 'source,disk,second,,'),
    (now) => now.length === 1,
    (now) => outcomes(now).length === 2,
  );
  expect(outcomes(events)).toEqual(['first: written', 'second: written']);
});

function isKept(event: RunEvent): boolean {
  return event.event === 'note' && event.message === 'watching for changes';
}
