// What a mirror was at each moment, what comes back of it, and what is said of it.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keptMode } from '../../base/able.lab.ts';
import { viewAt } from '../../mirror/view-at.ts';
import { SeriesLock } from '../../series/lock/lock.ts';
import { readRuns } from '../../series/read-runs.ts';
import { Series } from '../../series/series.ts';
import { openStore } from '../../store/open-store.ts';
import type { RestoreEnd } from '../restore/restore-events.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { momentOf } from './moment-of.ts';
import { openMirror } from './open-mirror.ts';
import { restoreMirror } from './restore-mirror.ts';
import { summaryOf } from './summary.ts';
import type { VerifyEvent } from '../verify/verify-events.ts';
import { verifyMirror } from './verify-mirror.ts';

const FIRST = new Date('2026-11-28T02:15:00.500Z');
const SECOND = new Date('2026-11-28T03:15:00.500Z');

let lab: SeriesLab;
let series: Series;
const signal = new AbortController().signal;

/** Two runs: files that are changed, moved, touched, deleted and made between them. */
beforeEach(async () => {
  lab = new SeriesLab();
  lab.row = { ...lab.row, strategy: 'mirror' };
  mkdirSync(join(lab.source, 'sub'));
  for (const name of ['changes', 'moves', 'touched', 'goes', 'sub/stays'])
    writeFileSync(join(lab.source, name), `first of ${name}`);
  utimesSync(join(lab.source, 'moves'), 2, 2);
  await lab.run({ now: () => FIRST });
  writeFileSync(join(lab.source, 'changes'), 'second');
  renameSync(join(lab.source, 'moves'), join(lab.source, 'moved'));
  utimesSync(join(lab.source, 'touched'), 1, 1);
  rmSync(join(lab.source, 'goes'));
  writeFileSync(join(lab.source, 'new'), 'new');
  await lab.run({ now: () => SECOND });
  series = new Series(openStore(lab.row.destination), 'data/.snapshot-data');
});
afterEach(() => lab.remove());

async function namesAt(ms: number): Promise<readonly string[]> {
  const { state, versions } = await openMirror(series);
  return viewAt(state.held, versions, ms).flatMap(({ path, type }) => (type === 'file' ? [path] : []));
}

async function restored(to: string, at = 'latest'): Promise<RestoreEnd> {
  return await restoreMirror(series, {
    at,
    globs: [],
    to: join(lab.root, to),
    overwrite: 'if-changed',
    destinations: [],
    dryRun: false,
    signal,
    report: () => {},
  });
}

it('had at each moment what its source had, and nothing before the first run', async () => {
  const first = ['changes', 'goes', 'moves', 'sub/stays', 'touched'];
  expect(await namesAt(FIRST.getTime() - 1)).toEqual([]);
  expect(await namesAt(FIRST.getTime())).toEqual(first);
  expect(await namesAt(SECOND.getTime() - 1)).toEqual(first);
  expect(await namesAt(SECOND.getTime())).toEqual(['changes', 'moved', 'new', 'sub/stays', 'touched']);
});

it('is counted by files, and its versions by those that have content', async () => {
  // The move is no version.
  expect(await summaryOf(series)).toMatchObject({
    files: 5,
    scanned: SECOND,
    versions: 2,
    versionBytes: 'first of changes'.length + 'first of goes'.length,
  });
});

describe('restore', () => {
  it('leaves a folder that is there its mode and time', async () => {
    mkdirSync(join(lab.root, 'to/sub'), { recursive: true });
    chmodSync(join(lab.root, 'to/sub'), 0o700);
    chmodSync(join(lab.source, 'sub'), 0o755);
    await restored('to');
    expect(statSync(join(lab.root, 'to/sub')).mode & 0o777).toBe(keptMode(0o700));
  });

  it('gives a folder that it makes the time that it had', async () => {
    await restored('to');
    expect(statSync(join(lab.root, 'to/sub')).mtimeMs).toBe(statSync(join(lab.source, 'sub')).mtimeMs);
  });

  it.each([
    // What was not said is taken to its end.
    ['2026-11-28 03:15Z', 'second'],
    ['2026-11-28 03:15:00Z', 'second'],
    ['2026-11-28 03:15:00.499Z', 'first of changes'],
    ['2026-11-28 04:14:00+01:00', 'first of changes'],
  ])('takes %s for a moment in which it was "%s"', async (at, content) => {
    expect(await restored('to', at)).toMatchObject({ status: 0, snapshot: `the mirror as of ${at}` });
    expect(readFileSync(join(lab.root, 'to/changes'), 'utf8')).toBe(content);
  });

  it('counts what is the same already, and what it brings', async () => {
    const first = await restored('to');
    expect(first).toMatchObject({ files: 5, folders: 1, same: 0, bytes: first.bytes });
    expect(await restored('to')).toMatchObject({ files: 0, bytes: 0, folders: 0, same: 5 });
    writeFileSync(join(lab.root, 'to/changes'), 'foreig');
    expect(await restored('to')).toMatchObject({ files: 1, bytes: 6, same: 4 });
    expect(readFileSync(join(lab.root, 'to/changes'), 'utf8')).toBe('second');
  });
});

describe('verify', () => {
  it.each(['quick', 'full'] as const)('counts files, and names each that differs once: %s', async (level) => {
    const told: string[] = [];
    const verified = async (): Promise<object> =>
      await verifyMirror(series, {
        level,
        signal,
        report: (event) => void (event.event === 'damage' && told.push(`${event.file} ${event.what}`)),
      });
    expect(await verified()).toMatchObject({ damages: 0, status: 0, mirror: { files: 5 } });
    rmSync(lab.folder('new'));
    writeFileSync(lab.folder('changes'), 'other content');
    writeFileSync(lab.folder('moved'), 'FIRST of moves');
    utimesSync(lab.folder('moved'), 2, 2);
    const damages = level === 'full' ? 3 : 2;
    expect(await verified()).toMatchObject({ damages, status: 1, mirror: { files: 5 } });
    expect(told).toHaveLength(damages);
    const mendedBy = level === 'full' ? 'rehash' : 'run';
    expect((await readRuns(series)).records.slice(-2)).toMatchObject([
      { outcome: 'verify', result: 'passed', level },
      { outcome: 'verify', result: 'failed', level, mendedBy },
    ]);
  });

  it.runIf(process.platform === 'linux')('does not judge what is being written, and says so', async () => {
    const notes: string[] = [];
    const verified = async (): Promise<object> =>
      await verifyMirror(series, {
        level: 'full',
        signal,
        patienceMs: 300,
        report: (event) => void (event.event === 'note' && event.isTrouble && notes.push(event.message)),
      });
    const lock = await SeriesLock.acquire(series);
    const before = (await readRuns(series)).records.length;
    writeFileSync(lab.folder('changes'), 'other content');
    // As what is placed there; else a stranger has written it.
    utimesSync(lab.folder('changes'), 5, 5);
    rmSync(lab.folder('sub'), { recursive: true });
    expect(await verified()).toMatchObject({ damages: 0, status: 3, mirror: { files: 5, busy: 3 } });
    expect(notes).toEqual(
      ['changes', 'sub', 'sub/stays'].map((path) => expect.stringContaining(path) as string),
    );
    expect((await readRuns(series)).records).toHaveLength(before);
    await lock.release();
    expect(await verified()).toMatchObject({ damages: 3, status: 1, mirror: { busy: 0 } });
  });

  it('goes on where a file is in the place of a folder, whoever is at work', async () => {
    const lock = await SeriesLock.acquire(series);
    rmSync(lab.folder('sub'), { recursive: true });
    writeFileSync(lab.folder('sub'), 'a file now');
    const told: string[] = [];
    const report = (event: VerifyEvent): void =>
      void (event.event === 'damage' || event.event === 'note' ? told.push(JSON.stringify(event)) : 0);
    const end = await verifyMirror(series, { level: 'full', signal, report, patienceMs: 300 });
    expect(end.status).not.toBe(0);
    for (const path of ['"sub"', 'sub/stays']) expect(told.join('\n')).toContain(path);
    await lock.release();
  });

  it('looks again at what a run has written that has ended since', async () => {
    const [path, aside] = [lab.folder('changes'), lab.folder('aside')];
    renameSync(path, aside);
    writeFileSync(path, 'other content');
    const now = new Date();
    const report = ({ event }: VerifyEvent): void => {
      // After that was looked at, and before it is known who is at work.
      if (event !== 'progress' || !existsSync(aside)) return;
      renameSync(aside, path);
      utimesSync(join(lab.folder('.snapshot-data'), 'state.jsonl.zst'), now, now);
    };
    expect(await verifyMirror(series, { level: 'full', signal, report })).toMatchObject({
      damages: 0,
      status: 0,
    });
    expect(existsSync(aside)).toBe(false);
  });

  it('finds what was changed long ago, whoever is at work', async () => {
    const lock = await SeriesLock.acquire(series);
    writeFileSync(lab.folder('changes'), 'other content');
    const later = new Date(Date.now() + 10_000);
    utimesSync(join(lab.folder('.snapshot-data'), 'state.jsonl.zst'), later, later);
    const end = await verifyMirror(series, { level: 'quick', signal, report: ignore, patienceMs: 0 });
    expect(end).toMatchObject({ damages: 1, status: 1, mirror: { busy: 0 } });
    await lock.release();
  });
});

function ignore(): void {}

it('takes no date for what is none', () => {
  expect(() => momentOf('2026-13-01')).toThrow('`2026-13-01` is no date or time');
  expect(momentOf(' LATEST ')).toBe(Number.MAX_SAFE_INTEGER);
});
