// A series that lies in a source, by whatever way: it is left out, or the series would grow by itself every night.
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Row } from '../../plan/plan.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { Series } from '../../series/series.ts';
import type { RowEnd, RunEvent } from '../events.ts';
import { run } from './run.ts';
import { SeriesLab } from './series.lab.ts';

const CAN_BIND =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

let lab: SeriesLab;
let mounts: string[];
let day: number;
let events: RunEvent[];

beforeEach(() => {
  lab = new SeriesLab();
  [mounts, day, events] = [[], 0, []];
});
afterEach(() => {
  for (const point of mounts) spawnSync('umount', [point]);
  lab.remove();
});

function bind(folder: string, point: string): void {
  mkdirSync(folder, { recursive: true });
  mkdirSync(point, { recursive: true });
  if (spawnSync('mount', ['--bind', folder, point]).status !== 0) throw new Error('cannot mount');
  mounts.push(point);
}

function row(name: string, source: string, destination: string, exclude: readonly string[] = []): Row {
  const place = (folder: string): string => join(lab.root, folder);
  return { ...lab.row, name, source: place(source), destination: place(destination), exclude };
}

async function runAll(...rows: readonly Row[]): Promise<readonly RowEnd[]> {
  const now = new Date(Date.UTC(2035, 0, ++day));
  return await run(
    { file: 'plan.csv', rows },
    {
      only: [],
      dryRun: false,
      jobs: 1,
      rehash: false,
      acceptChanges: false,
      signal: new AbortController().signal,
      report: (event) => events.push(event),
      now: () => now,
    },
  );
}

async function pathsOf({ name, destination }: Row): Promise<readonly string[]> {
  const series = new Series(new LocalStore(destination), name);
  const newest = (await series.survey()).snapshots.at(-1);
  if (newest === undefined) throw new Error('no snapshot');
  return [...(await series.entries(newest))].map(({ entry }) => entry.path as string);
}

describe('a series in the source', () => {
  it.skipIf(!CAN_BIND).each([
    ['its destination', 'disk', 'source/a/again'],
    ['a folder above it', '.', 'source/a/again'],
    ['the series itself', 'disk/data', 'source/a/again'],
    ['the source, seen from its destination', 'source', 'disk'],
  ])('is left out by a bind mount of %s, and in the first run too', async (_, folder, point) => {
    const one = row('data', 'source', 'disk', ['/a/again/source']);
    writeFileSync(join(lab.source, 'file'), 'content');
    // Made by the first run, it would be new to the second one where it is seen again.
    mkdirSync(one.destination);
    bind(join(lab.root, folder), join(lab.root, point));
    expect(await runAll(one)).toMatchObject([{ outcome: 'written', status: 0 }]);
    expect(await runAll(one)).toMatchObject([{ outcome: 'unchanged', status: 0 }]);
    expect((await pathsOf(one)).filter((path) => /20\d\d-|runs\.jsonl|\.lock/.test(path))).toEqual([]);
    const notes = events.flatMap((event) => (event.event === 'note' ? [event.message] : []));
    expect(notes).toContainEqual(
      expect.stringMatching(/^passed over: .*data is the series "data" of the plan$|again is the series/),
    );
  });

  it('of another row is left out, but for who names its destination as the source', async () => {
    mkdirSync(join(lab.source, 'docs'));
    writeFileSync(join(lab.source, 'docs', 'file'), 'content');
    const docs = row('docs', 'source/docs', 'source/backups');
    const all = row('all', 'source', 'disk');
    const copy = row('copy', 'source/backups', 'offsite');
    await runAll(docs, all, copy);
    expect(await runAll(docs, all, copy)).toMatchObject([
      { outcome: 'unchanged' },
      { outcome: 'unchanged' },
      {},
    ]);
    expect(await pathsOf(all)).toEqual(['', 'backups', 'docs', 'docs/file']);
    expect(await pathsOf(copy)).toContainEqual(expect.stringMatching(/^docs\/2035-01-01.*\/info\.json$/));
  });

  it.each([
    ['two', ['one', 'two']],
    ['three', ['one', 'two', 'three']],
    ['four', ['one', 'two', 'three', 'four']],
  ])('of %s disks that back up each other in a ring does not come back with the others', async (_, disks) => {
    const rows = disks.map((disk, i) => {
      mkdirSync(join(lab.root, disk));
      writeFileSync(join(lab.root, disk, 'file'), disk);
      return row(`of-${disk}`, disk, disks[(i + 1) % disks.length] ?? '');
    });
    await runAll(...rows);
    for (const end of await runAll(...rows)) expect(end).toMatchObject({ outcome: 'unchanged', status: 0 });
    for (const one of rows) expect(await pathsOf(one)).toEqual(['', 'file']);
    const notes = events.flatMap((event) => (event.event === 'note' ? [event.message] : []));
    expect(notes).toContainEqual(expect.stringContaining('is the series "of-one" of the plan'));
  });

  it('comes to a disk in a ring by another way as well: it is left out there, too', async () => {
    for (const disk of ['one', 'two', 'three']) mkdirSync(join(lab.root, disk));
    writeFileSync(join(lab.root, 'one', 'file'), 'content');
    const rows = [
      row('first', 'one', 'two'),
      // What it takes is the series alone, and a link leads to it.
      row('second', 'link', 'three'),
      row('third', 'three', 'one'),
    ];
    await runAll(...rows);
    symlinkSync(join(lab.root, 'two', 'first'), join(lab.root, 'link'));
    await runAll(...rows);
    for (const end of await runAll(...rows.slice(1), ...rows.slice(0, 1)))
      expect(end.outcome).toBe('unchanged');
    expect(await pathsOf(rows[0] as Row)).toEqual(['', 'file']);
  });

  it('goes on from disk to disk, where nothing comes back of it', async () => {
    mkdirSync(join(lab.source, 'mnt'), { recursive: true });
    writeFileSync(join(lab.source, 'file'), 'content');
    // All of the disks are below the first source, which passes over what is of the plan.
    const rows = [
      row('all', 'source', 'source/mnt/one', ['/mnt/one/all']),
      row('again', 'source/mnt/one', 'source/mnt/two'),
      row('further', 'source/mnt/two', 'source/mnt/three'),
    ];
    for (let night = 0; night < 3; night++) await runAll(...rows);
    // The log of the first has one line more each night, which the others take.
    expect(await runAll(...rows)).toMatchObject([{ outcome: 'unchanged' }, { status: 0 }, { status: 0 }]);
    const [all = [], again, further] = await Promise.all(rows.map(pathsOf));
    expect(all.filter((path) => path.includes('20'))).toEqual([]);
    expect(again).toContainEqual(expect.stringMatching(/^all\/2035-.*\/info\.json$/));
    expect(further).toContainEqual(expect.stringMatching(/^again\/2035-.*\/info\.json$/));
  });
});
