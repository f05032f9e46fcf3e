// Disks that come and go: real ones, as far as root may mount them; and what is decided about them.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { judgeDisk } from './away.ts';
import type { RowEnd } from '../events.ts';
import { Memory } from '../status/memory.ts';
import { readStatus, type SeriesStatus } from '../status/read-status.ts';
import { run } from './run.ts';
import { SeriesLab } from './series.lab.ts';

describe('judgeDisk()', () => {
  const known = { isRemovable: true, disks: ['disk-one', 'disk-two'], series: [] };
  const nothing = { disk: undefined, hasSnapshots: false, isFixed: false };

  it.each([
    ['one that is known', { ...nothing, disk: 'disk-two' }, 'here'],
    ['one without a marker that has snapshots of the series', { ...nothing, hasSnapshots: true }, 'here'],
    ['an empty folder', nothing, 'absent'],
    [
      "the system's own file system, with snapshots of the series",
      { ...nothing, hasSnapshots: true, isFixed: true },
      'absent',
    ],
    ['one that was never seen', { ...nothing, disk: 'disk-three' }, 'another'],
    [
      'one that was never seen, with snapshots of the series',
      { ...nothing, disk: 'x', hasSnapshots: true },
      'here',
    ],
  ])('says of %s where a disk should be: %j is %s', (_, seen, verdict) => {
    expect(judgeDisk(known, seen)).toBe(verdict);
  });

  it('waits for nothing that is not known to come and go', () => {
    const seen = fc.record({
      disk: fc.option(fc.string(), { nil: undefined }),
      hasSnapshots: fc.boolean(),
      isFixed: fc.boolean(),
    });
    const fixed = fc.constantFrom(undefined, { ...known, isRemovable: false });
    fc.assert(
      fc.property(fixed, seen, (destination, one) => {
        expect(judgeDisk(destination, one)).toBe('here');
      }),
    );
  });
});

function mount(disk: string, at: string): boolean {
  return spawnSync('mount', ['--bind', disk, at]).status === 0;
}

const CAN_MOUNT =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

describe.skipIf(!CAN_MOUNT)('a row whose disk comes and goes', () => {
  let disks: SeriesLab;
  let lab: SeriesLab;
  let memory: Memory;
  /** Since the first run. */
  let hours: number;
  let point: string;
  let mounted: string | undefined;

  beforeAll(() => {
    disks = new SeriesLab();
    for (const name of ['one', 'two', 'three']) {
      mkdirSync(join(disks.root, name));
      spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', join(disks.root, name)]);
    }
  });
  afterAll(() => {
    for (const name of ['one', 'two', 'three']) spawnSync('umount', [join(disks.root, name)]);
    disks.remove();
  });

  beforeEach(() => {
    lab = new SeriesLab();
    writeFileSync(join(lab.source, 'file'), 'content');
    point = join(lab.root, 'destination');
    mkdirSync(point);
    memory = new Memory(join(lab.root, 'state'));
    hours = 0;
    mounted = undefined;
  });
  afterEach(() => {
    unplug();
    for (const name of ['one', 'two', 'three']) {
      spawnSync('find', [join(disks.root, name), '-mindepth', '1', '-delete']);
    }
    lab.remove();
  });

  function plug(name: string): void {
    unplug();
    if (!mount(join(disks.root, name), point)) throw new Error(`cannot mount ${name}`);
    mounted = name;
  }

  function unplug(): void {
    if (mounted !== undefined) spawnSync('umount', [point]);
    mounted = undefined;
  }

  function now(): Date {
    return new Date(Date.UTC(2030, 0, 1, 2) + hours * 3_600_000);
  }

  /** Runs so many hours after the first run. */
  async function runAt(atHour: number, more: Parameters<SeriesLab['run']>[0] = {}): Promise<RowEnd> {
    hours = atHour;
    return await lab.run({ memory, now, acceptChanges: false, ...more });
  }

  async function status(atHour: number): Promise<SeriesStatus> {
    hours = atHour;
    const series = new Series(new LocalStore(point), 'data');
    return await readStatus(
      { series, everyMs: lab.row.every },
      now(),
      async (destination) => await memory.find(destination),
    );
  }

  it('waits while the disk is away, and writes nothing where it is mounted', async () => {
    plug('one');
    expect(await runAt(0)).toMatchObject({ outcome: 'written', status: 0 });
    unplug();
    const end = await runAt(24);
    expect(end).toMatchObject({ outcome: 'waiting', status: 0, error: null, snapshot: null });
    expect(end.waiting?.message).toMatch(
      /^waiting for its disk since \d{4}-.*; the last success was 24 hours ago$/,
    );
    expect(readdirSync(point)).toEqual([]);
    plug('one');
    const marker = readFileSync(join(point, 'snapshot-disk.json'), 'utf8');
    expect(await runAt(30)).toMatchObject({ outcome: 'unchanged', status: 0, waiting: null });
    expect(readFileSync(join(point, 'snapshot-disk.json'), 'utf8')).toBe(marker);
  });

  it('waits also where an earlier run has written snapshots into the empty folder', async () => {
    expect(await runAt(0)).toMatchObject({ outcome: 'written' });
    plug('one');
    expect(await runAt(24)).toMatchObject({ outcome: 'written' });
    unplug();
    const before = readdirSync(join(point, 'data'));
    writeFileSync(join(lab.source, 'file'), 'changed');
    expect(await runAt(48)).toMatchObject({ outcome: 'waiting' });
    expect(readdirSync(join(point, 'data'))).toEqual(before);
  });

  it('warns of a first run into a folder for disks that is empty, and of no other', async () => {
    const folder = mkdtempSync('/mnt/snapshot-test-');
    try {
      lab.row = { ...lab.row, destination: join(folder, 'backups') };
      const warnings = (): unknown[] =>
        lab.events.flatMap((event) =>
          event.event === 'note' && event.warning === true ? [event.message] : [],
        );
      expect(await runAt(0)).toMatchObject({ outcome: 'written', status: 0 });
      expect(warnings()).toEqual([
        `no disk is mounted at "${folder}/backups", nor between it and "/mnt": is its disk connected? It is written to all the same`,
      ]);
      await runAt(24);
      expect(warnings()).toHaveLength(1);
      mount(join(disks.root, 'one'), folder);
      expect(await runAt(25)).toMatchObject({ outcome: 'written' });
      expect(warnings()).toHaveLength(1);
    } finally {
      spawnSync('umount', [folder]);
      rmSync(folder, { recursive: true });
    }
  });

  it('writes nothing either when the folder itself is gone', async () => {
    plug('one');
    lab.row = { ...lab.row, destination: join(point, 'backups') };
    await runAt(0);
    unplug();
    expect(await runAt(24)).toMatchObject({ outcome: 'waiting' });
    expect(readdirSync(point)).toEqual([]);
  });

  it('fails once it is overdue, and says since when and what to do', async () => {
    plug('one');
    await runAt(0);
    unplug();
    const first = await runAt(24);
    expect(await runAt(36)).toMatchObject({ outcome: 'waiting', waiting: { since: first.waiting?.since } });
    const late = await runAt(37);
    expect(late).toMatchObject({ outcome: 'failed', status: 1, waiting: null });
    expect(late.error).toMatchObject({
      code: 'E_STORE',
      message: expect.stringMatching(/^Cannot back up to ".*": waiting for its disk since .* 37 hours ago$/),
      hint: expect.stringContaining('--accept-changes'),
    });
    expect(readdirSync(point)).toEqual([]);
    plug('one');
    expect(await runAt(48)).toMatchObject({ outcome: 'unchanged', status: 0 });
  });

  it('takes turns with another disk, once that was accepted', async () => {
    plug('one');
    await runAt(0);
    plug('two');
    expect(await runAt(24)).toMatchObject({ outcome: 'waiting' });
    expect(readdirSync(point)).toEqual([]);
    expect(await runAt(25, { acceptChanges: true })).toMatchObject({ outcome: 'written' });
    plug('one');
    expect(await runAt(48)).toMatchObject({ outcome: 'unchanged' });
    plug('two');
    expect(await runAt(72)).toMatchObject({ outcome: 'unchanged' });
    unplug();
    expect((await runAt(90)).waiting?.message).toContain('18 hours ago');
  });

  it('finds each disk that it has seen, also for a row that is new', async () => {
    plug('one');
    await runAt(0);
    plug('two');
    await runAt(1, { acceptChanges: true });
    lab.row = { ...lab.row, name: 'new' };
    for (const name of ['one', 'two']) {
      plug(name);
      expect(await runAt(2)).toMatchObject({ outcome: 'written' });
    }
  });

  it('does not take the disk of another machine for its own', async () => {
    plug('one');
    await runAt(0);
    plug('three');
    writeFileSync(join(point, 'snapshot-disk.json'), '{"id":"of-another-machine"}\n');
    const end = await runAt(24);
    expect(end.waiting?.message).toMatch(/^waiting for its disk, as another one is there,/);
    expect(readdirSync(point)).toEqual(['snapshot-disk.json']);
  });

  it('knows a disk by its snapshots when the marker is lost, and marks it again', async () => {
    plug('one');
    await runAt(0);
    const marker = readFileSync(join(point, 'snapshot-disk.json'), 'utf8');
    writeFileSync(join(point, 'snapshot-disk.json'), 'damaged');
    expect(await runAt(24)).toMatchObject({ outcome: 'unchanged' });
    const again = readFileSync(join(point, 'snapshot-disk.json'), 'utf8');
    expect(again).toMatch(/^\{"id":"[0-9a-f-]{36}"\}\n$/);
    expect(again).not.toBe(marker);
  });

  it('leaves a disk alone in a dry run, and while the user stops it', async () => {
    plug('one');
    await runAt(0);
    unplug();
    const before = await memory.find(point);
    expect(await runAt(24, { dryRun: true })).toMatchObject({ outcome: 'waiting', dryRun: true });
    expect(await memory.find(point)).toEqual(before);
    expect(await runAt(24, { signal: AbortSignal.abort() })).toMatchObject({
      outcome: 'stopped',
      status: 130,
    });
    expect(readdirSync(point)).toEqual([]);
  });

  it('is as on a new machine when the memory is lost, or says nothing', async () => {
    plug('one');
    await runAt(0);
    const [file = ''] = readdirSync(join(lab.root, 'state', 'destinations'));
    writeFileSync(join(lab.root, 'state', 'destinations', file), 'damaged');
    lab.events.length = 0;
    expect(await runAt(24)).toMatchObject({ outcome: 'unchanged', status: 0 });
    expect(lab.notes()).toEqual([expect.stringContaining('so it counts as new')]);
    unplug();
    expect(await runAt(48)).toMatchObject({ outcome: 'waiting' });
  });

  it('backs up also when nothing can be remembered', async () => {
    plug('one');
    writeFileSync(join(lab.root, 'state'), 'a file');
    expect(await runAt(0)).toMatchObject({ outcome: 'written', status: 0 });
    expect(lab.notes()).toContainEqual(expect.stringContaining('will not remember this run'));
  });

  it('has a state while its disk is away: waiting, then overdue, with all that was known', async () => {
    plug('one');
    await runAt(0);
    unplug();
    await runAt(24);
    const waiting = await status(26);
    expect(waiting).toMatchObject({
      state: 'waiting',
      lastRun: { outcome: 'waiting' },
      lastSuccess: { outcome: 'written' },
      size: { snapshots: 1 },
      reasons: [expect.stringContaining('waiting for its disk')],
    });
    expect(await status(40)).toMatchObject({ state: 'overdue', isFailing: false });
    await runAt(40);
    expect(await status(41)).toMatchObject({ state: 'failing', isOverdue: true });
    plug('one');
    expect(await status(41)).toMatchObject({ state: 'failing', lastRun: { outcome: 'failed' } });
    await runAt(42);
    expect(await status(42)).toMatchObject({ state: 'ok', lastRun: { outcome: 'unchanged' } });
  });

  it('counts a success on one of two disks for both', async () => {
    plug('two');
    await runAt(0);
    plug('one');
    await runAt(24, { acceptChanges: true });
    plug('two');
    expect(await status(50)).toMatchObject({
      state: 'ok',
      lastSuccess: { started: new Date(Date.UTC(2030, 0, 2, 2)).toISOString() },
    });
  });
});

describe('a row whose destination cannot be unplugged', () => {
  let lab: SeriesLab;
  let memory: Memory;

  beforeEach(() => {
    lab = new SeriesLab();
    memory = new Memory(join(lab.root, 'state'));
    writeFileSync(join(lab.source, 'file'), 'content');
  });
  afterEach(() => lab.remove());

  async function status(): Promise<SeriesStatus> {
    const series = new Series(new LocalStore(lab.row.destination), 'data');
    const now = new Date(Date.now() + 86_400_000);
    return await readStatus({ series, everyMs: lab.row.every }, now, async (path) => await memory.find(path));
  }

  it('gets no marker, and its destination is made anew when it is gone', async () => {
    await lab.run({ memory });
    expect(readdirSync(lab.row.destination)).toEqual(['data']);
    rmSync(lab.row.destination, { recursive: true });
    expect(await lab.run({ memory })).toMatchObject({ outcome: 'written', status: 0 });
    expect(existsSync(lab.folder())).toBe(true);
  });

  it('has never run when somebody has deleted its series, whatever is remembered', async () => {
    await lab.run({ memory });
    expect(await status()).toMatchObject({ state: 'ok', unreadable: 0 });
    rmSync(lab.folder(), { recursive: true });
    expect(await status()).toMatchObject({ state: 'overdue', reasons: ['it has never run'] });
  });

  it('has failed when its destination could not be reached, although no log says so', async () => {
    writeFileSync(lab.row.destination, 'a file where the folder should be');
    expect(await lab.run({ memory })).toMatchObject({ outcome: 'failed' });
    expect(await status()).toMatchObject({
      state: 'failing',
      lastRun: { outcome: 'failed', error: expect.stringContaining('not a folder') },
    });
  });

  it('loses nothing that is remembered when several rows end at once', async () => {
    const rows = Array.from({ length: 8 }, (_, i) => ({ ...lab.row, name: `row-${i}` }));
    // Of a destination that is always there, nothing is remembered but failures, and what came after them.
    await memory.update(lab.row.destination, (known) => known);
    await run(
      { file: 'plan.csv', rows },
      {
        only: [],
        dryRun: false,
        jobs: 8,
        rehash: false,
        acceptChanges: false,
        signal: new AbortController().signal,
        report: () => {},
        now: () => new Date(),
        memory,
      },
    );
    const known = await memory.find(lab.row.destination);
    expect(known?.series.map(({ name }) => name).toSorted()).toEqual(rows.map(({ name }) => name));
  });
});
