// Series whose clock was wrong, and days that are those of the calendar.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Retention } from '../../plan/keep.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { chooseSnapshot } from '../address.ts';
import type { RowEnd } from '../events.ts';
import { list } from '../look/list.ts';
import type { RunOptions } from './run.ts';
import { SeriesLab } from './series.lab.ts';

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

describe('a series', { timeout: 120_000 }, () => {
  let lab: SeriesLab;
  let zone: string | undefined;

  beforeEach(() => {
    lab = new SeriesLab();
    zone = process.env['TZ'];
    process.env['TZ'] = 'UTC';
  });

  afterEach(() => {
    lab.remove();
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  /** Writes `content`, and runs while the clock says `time`. */
  async function run(time: string, content = time, options: Partial<RunOptions> = {}): Promise<RowEnd> {
    writeFileSync(join(lab.source, 'file'), content);
    const now = new Date(time.length === 10 ? `${time}T02:00:00Z` : time);
    return await lab.run({ now: () => now, acceptChanges: false, ...options });
  }

  async function nights(keep: Retention, ...times: readonly string[]): Promise<void> {
    lab.row = { ...lab.row, keep };
    for (const time of times) expect(await run(time)).toMatchObject({ outcome: 'written', status: 0 });
  }

  const series = (): Series => new Series(new LocalStore(lab.row.destination), lab.row.name);

  /** Name and day of each snapshot, `?` where the clock was wrong. */
  async function listed(now: string): Promise<readonly string[]> {
    const { snapshots } = await list(
      { series: series(), row: lab.row, everyMs: lab.row.every },
      async () => await Promise.resolve(undefined),
      new Date(now),
    );
    return snapshots.map(
      ({ name, at, isOdd }) => `${name.slice(0, 10)} ${at.toISOString().slice(0, 10)}${isOdd ? '?' : ''}`,
    );
  }

  async function contentAt(when: string, now: string): Promise<string | undefined> {
    const { name } = chooseSnapshot(await series().survey(new Date(now)), when);
    return lab.restored(name).get('file')?.split(' ').at(-1);
  }

  it('loses no night to a clock that was a year ahead once', async () => {
    const first = ['2026-11-01', '2027-11-01', '2026-11-02', '2026-11-03', '2026-11-04'];
    await nights({ last: 2, daily: 14 }, ...first);
    const now = '2026-11-04T12:00:00Z';
    expect(await listed(now)).toEqual([
      '2026-11-01 2026-11-01',
      '2027-11-01 2026-11-01?',
      '2026-11-02 2026-11-02',
      '2026-11-03 2026-11-03',
      '2026-11-04 2026-11-04',
    ]);
    expect(await contentAt('2026-11-03', now)).toBe(base64('2026-11-03'));
    expect(lab.notes().at(-1)).toMatch(
      /^2027-11-01T02-00-00Z has a wrong name, as the clock was wrong: it was taken after 2026-11-01 02:00:00 and before 2026-11-02 02:00:00/,
    );
    // It goes in its turn.
    await nights({ daily: 3 }, '2026-11-05');
    expect(await listed('2026-11-05T12:00:00Z')).toEqual([
      '2026-11-03 2026-11-03',
      '2026-11-04 2026-11-04',
      '2026-11-05 2026-11-05',
    ]);
  });

  it('goes on from one that was written last, not from one that is called so', async () => {
    await nights({ last: 9 }, '2026-11-01', '2027-11-01');
    expect(await run('2026-11-02', '2027-11-01')).toMatchObject({
      outcome: 'unchanged',
      snapshot: '2027-11-01T02-00-00Z',
    });
    await nights({ last: 2 }, '1970-01-01');
    // Of the two that are left, the one that is called the oldest is the newest.
    const { snapshots } = await series().survey(new Date('2026-11-03T02:00:00Z'));
    expect(snapshots.map(({ name }) => name.slice(0, 4))).toEqual(['2027', '1970']);
    expect(lab.info('1970-01-01T02-00-00Z').previous).toBe('2027-11-01T02-00-00Z');
  });

  it('keeps its archives in the order of their names, and gives all back by hand', async () => {
    lab.row = { ...lab.row, keep: { last: 20 } };
    const times = ['2026-11-01', '2027-11-01', '1970-01-01', '2026-11-03'];
    for (const [i, time] of times.entries()) {
      writeFileSync(join(lab.source, `small ${i}`), String(i));
      await run(time, `content ${i}`);
    }
    const [name = ''] = lab
      .folders()
      .toReversed()
      .filter((one) => one.startsWith('2026-11-03'));
    const files = readdirSync(lab.folder(name)).filter((file) => file.endsWith('.tar.zst'));
    const { archives } = lab.info(name);
    expect(files.toSorted()).toEqual(archives.map(({ file }) => file));
    const target = join(lab.root, 'by hand');
    mkdirSync(target);
    for (const file of files.toSorted()) {
      const { status } = spawnSync('tar', ['--zstd', '-xpf', lab.folder(name, file), '-C', target]);
      expect(status).toBe(0);
    }
    expect(readFileSync(join(target, 'file'), 'utf8')).toBe('content 3');
    expect(lab.restored(name).get('file')).toContain(base64('content 3'));
  });

  it('never gives a name twice, also when the snapshot of that name is gone and its archive is in use', async () => {
    lab.row = { ...lab.row, keep: { last: 1 } };
    writeFileSync(join(lab.source, 'stays'), 'x'.repeat(5000));
    await run('2026-11-01');
    await run('2026-11-02');
    expect(lab.folders()).toEqual(['2026-11-02T02-00-00Z']);
    expect(await run('2026-11-01', 'again')).toMatchObject({ outcome: 'written', status: 0 });
    const [name = ''] = lab.folders();
    const files = lab.info(name).archives.map(({ file }) => file);
    expect(new Set(files).size).toBe(files.length);
    expect(lab.restored(name).get('file')).toContain(base64('again'));
    expect(lab.restored(name).has('stays')).toBe(true);
  });

  it('uses what a run has finished that was cut short after the clock was ahead', async () => {
    await nights({ last: 9 }, '2026-11-01', '2027-11-01', '2026-11-02');
    // As if it had been cut short before info.json.
    writeFileSync(join(lab.source, 'large'), 'y'.repeat(100_000));
    await run('2026-11-03');
    const cut = '2026-11-03T02-00-00Z';
    for (const file of ['info.json', 'SHA256SUMS', 'RESTORE.txt', 'index.jsonl.zst'])
      rmSync(lab.folder(cut, file));
    writeFileSync(lab.folder(cut, 'UNFINISHED'), '');
    const end = await run('2026-11-04', '2026-11-03');
    expect(end).toMatchObject({ outcome: 'written', status: 0 });
    expect(lab.notes()).toContainEqual(
      expect.stringMatching(/^using data-2027-11-01.*-01\.tar\.zst, which an earlier run finished/),
    );
    const { archives } = lab.info('2026-11-04T02-00-00Z');
    const names = archives.map(({ file }) => file);
    expect(names.toSorted()).toEqual(names);
    expect(lab.restored('2026-11-04T02-00-00Z').get('large')).toContain(base64('y'.repeat(100_000)));
  });

  it('of an earlier version is put right, which went on from a clock that was ahead', async () => {
    await nights({ last: 9 }, '2026-11-01', '2026-11-02', '2026-11-03', '2026-11-04');
    // What that version would have made of these nights.
    const names = [
      '2026-11-01T02-00-00Z',
      '2027-11-01T02-00-00Z',
      '2027-11-01T02-00-01Z',
      '2027-11-01T02-00-02Z',
    ];
    const starts = ['2026-11-01', '2027-11-01', '2026-11-03', '2026-11-04'];
    for (const [i, from] of lab.folders().entries()) {
      const info: Record<string, unknown> = { ...lab.info(from) };
      for (const key of ['sequence', 'zone', 'machine', 'archiveDate']) delete info[key];
      info['time'] = { started: `${starts[i]}T02:00:00.000Z`, finished: `${starts[i]}T02:00:01.000Z` };
      writeFileSync(lab.folder(from, 'info.json'), JSON.stringify(info));
      const to = names[i] ?? '';
      if (to === from) continue;
      cpSync(lab.folder(from), lab.folder(to), { recursive: true });
      rmSync(lab.folder(from), { recursive: true });
    }
    await nights({ daily: 14 }, '2026-11-05');
    expect(await listed('2026-11-05T12:00:00Z')).toEqual([
      '2026-11-01 2026-11-01',
      '2027-11-01 2026-11-02?',
      '2027-11-01 2026-11-03',
      '2027-11-01 2026-11-04',
      '2026-11-05 2026-11-05',
    ]);
  });

  it('is thinned by the days of the calendar where it was made, wherever that is asked', async () => {
    process.env['TZ'] = 'Pacific/Auckland';
    // 14:00 on the ninth, 09:00 and 14:00 on the tenth: three days of UTC would be two.
    await nights({ daily: 7 }, '2026-11-09T01:00:00Z', '2026-11-09T20:00:00Z', '2026-11-10T01:00:00Z');
    const expected = ['2026-11-09 2026-11-09', '2026-11-10 2026-11-10'];
    expect(await listed('2026-11-10T02:00:00Z')).toEqual(expected);
    expect(lab.info('2026-11-10T01-00-00Z').zone).toBe('Pacific/Auckland');
    process.env['TZ'] = 'America/St_Johns';
    expect(await run('2026-11-11T15:00:00Z', 'x', { dryRun: true })).toMatchObject({ removed: [] });
    expect(await listed('2026-11-11T16:00:00Z')).toEqual(expected);
  });
});
