import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import type { PastRecord } from '../../series/past.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { PairSeries } from '../sync/pair-series.ts';
import type { ScheduledCheck } from './checks-due.ts';
import type { Watched } from './known-past.ts';
import type { KnownDestination } from './memory.ts';
import { readStatus, type SeriesStatus } from './read-status.ts';

const NOW = new Date('2026-11-20T12:00:00Z');
const DAY_MS = 86_400_000;
/** Each day; it was there long before {@link NOW}, and each is late. */
const DAILY = { when: '0 3 * * *', since: new Date('2026-11-01T00:00:00Z') } as const;
const VERIFY: ScheduledCheck = { ...DAILY, kind: 'verify', depth: 0 };
const SAMPLE: ScheduledCheck = { ...DAILY, kind: 'verify', depth: 1 };
const DRILL: ScheduledCheck = { ...DAILY, kind: 'drill', depth: 0 };
const MIRROR = 'data/.snapshot-data';

function ran(hoursAgo: number, outcome: 'written' | 'failed'): PastRecord {
  const started = new Date(NOW.getTime() - hoursAgo * 3_600_000).toISOString();
  return { outcome, started, guards: [], error: null };
}

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'snapshot-status-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
});

/** A series of that name, with a log of `records`; undefined: it has none. */
function seriesOf(name: string, records?: readonly PastRecord[]): Series {
  if (records !== undefined) {
    mkdirSync(join(root, name), { recursive: true });
    const lines = records.map((record) => `${JSON.stringify(record)}\n`);
    writeFileSync(join(root, name, 'runs.jsonl'), lines.join(''));
  }
  return new Series(new LocalStore(root), name);
}

async function read(
  watched: Omit<Watched, 'everyMs'>,
  checks: readonly ScheduledCheck[] = [],
  known?: KnownDestination,
): Promise<SeriesStatus> {
  const recall = async (): Promise<typeof known> => await Promise.resolve(known);
  return await readStatus({ everyMs: DAY_MS, ...watched }, NOW, recall, checks);
}

describe('checks that are scheduled', () => {
  it.each<[string, string, readonly PastRecord[], readonly ScheduledCheck[], string, number]>([
    ['one that is late', 'data', [ran(10, 'written')], [VERIFY], 'overdue', 1],
    ['several that are late', 'data', [ran(10, 'written')], [VERIFY, SAMPLE, DRILL], 'overdue', 3],
    ['none before the first success', 'data', [ran(10, 'failed')], [VERIFY], 'failing', 1],
    ['one, while it fails', 'data', [ran(10, 'written'), ran(1, 'failed')], [VERIFY], 'failing', 2],
    ['of a mirror only a quick verify', MIRROR, [ran(10, 'written')], [VERIFY, SAMPLE, DRILL], 'overdue', 1],
    ['of a mirror no sample', MIRROR, [ran(10, 'written')], [SAMPLE, DRILL], 'ok', 0],
  ])('count: %s', async (_, name, records, checks, state, reasons) => {
    const status = await read({ series: seriesOf(name, records) }, checks);
    expect([status.state, status.reasons.length]).toEqual([state, reasons]);
    expect(status.isOverdue).toBe(reasons > 0 && records[0]?.outcome === 'written');
    expect([status.nextVerify, status.nextDrill].map((at) => at !== undefined)).toEqual([
      checks.some(({ kind, depth }) => kind === 'verify' && (name === 'data' || depth === 0)),
      checks.some(({ kind }) => kind === 'drill' && name === 'data'),
    ]);
  });

  it('count for no series that no row makes, nor where nobody could look', async () => {
    const gone = { destination: root, name: 'data', source: '/home' };
    const series = seriesOf('data', [ran(10, 'written')]);
    expect((await read({ series, gone }, [VERIFY])).nextVerify).toBeUndefined();
    const away = { isRemovable: true, disks: [], series: [] };
    const nowhere = new Series(new LocalStore(join(root, 'away')), 'data');
    expect((await read({ series: nowhere }, [VERIFY], away)).nextVerify).toBeUndefined();
    series.store.readLines = async () => await Promise.reject(new SnapshotError('E_STORE', 'no permission'));
    expect((await read({ series }, [VERIFY])).nextVerify).toBeUndefined();
  });

  it('count for no pair, of which nothing is noted', async () => {
    vi.stubEnv('XDG_STATE_HOME', root);
    onTestFinished(() => void vi.unstubAllEnvs());
    const series = new PairSeries({
      name: 'data',
      source: join(root, 'one'),
      destination: join(root, 'two'),
    });
    const status = await read({ series }, [VERIFY, SAMPLE, DRILL]);
    expect(status).toMatchObject({
      series: 'data',
      destination: join(root, 'two'),
      nextVerify: undefined,
      nextDrill: undefined,
      logs: { verifies: false, drills: false },
      state: 'overdue',
    });
    expect(status.freeBytes).toBeUndefined();
  });
});

describe('a series that no row makes any more', () => {
  it('fails for that, and is not overdue for it', async () => {
    const gone = { destination: root, name: 'data', source: '/home/anna' };
    const { state, isFailing, reasons } = await read({
      series: seriesOf('data', [ran(100, 'written')]),
      gone,
    });
    expect([state, isFailing]).toEqual(['failing', true]);
    expect(reasons).toEqual([expect.stringContaining('"/home/anna"')]);
  });
});

describe('a log that is not there', () => {
  const SUCCESS = { isRemovable: false, disks: ['one'] };
  const remembered: KnownDestination = {
    ...SUCCESS,
    series: [{ name: 'data', waitingSince: null, records: [ran(10, 'written')] }],
  };
  const failed: KnownDestination = {
    ...SUCCESS,
    series: [{ name: 'data', waitingSince: null, records: [ran(10, 'failed')] }],
  };
  const NEVER = 'it has never run';
  const GONE = /^none of its snapshots /;

  it.each<[string, Partial<Watched>, KnownDestination | undefined, string | RegExp, boolean, boolean]>([
    ['was never there', {}, undefined, NEVER, true, true],
    ['had a success under this plan', { hadSuccess: true }, undefined, GONE, false, false],
    ['had a success on this disk', {}, remembered, GONE, false, false],
    ['may be on another disk', {}, { ...remembered, disks: ['one', 'two'] }, 'ok', true, false],
    ['had only failures', {}, failed, /^the last run failed/, true, false],
  ])('where it %s', async (_, watched, known, reason, isLogKnown, isOverdue) => {
    const status = await read({ series: seriesOf('data'), ...watched }, [], known);
    expect([status.isLogKnown, status.isOverdue]).toEqual([isLogKnown, isOverdue]);
    expect(status.reasons).toEqual(reason === 'ok' ? [] : [expect.stringMatching(reason)]);
  });

  it('of a mirror means that it is gone', async () => {
    expect((await read({ series: seriesOf(MIRROR), hadSuccess: true })).reasons).toEqual([
      expect.stringMatching(/^the mirror is not there/),
    ]);
    expect((await read({ series: seriesOf(MIRROR) })).reasons).toEqual([NEVER]);
    expect((await read({ series: seriesOf(MIRROR, [ran(1, 'written')]), hadSuccess: true })).state).toBe(
      'ok',
    );
  });
});
