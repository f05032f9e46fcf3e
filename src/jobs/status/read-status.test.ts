import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import type { PastRecord } from '../../series/past.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { knownPast } from './known-past.ts';
import { type KnownDestination, Memory } from './memory.ts';
import { readStatus } from './read-status.ts';
import { joinPasts, rememberLog } from './remember-log.ts';

const NOW = new Date('2026-11-20T12:00:00Z');
const DAY_MS = 86_400_000;
const BUG = new TypeError('a bug');

function ran(hoursAgo: number, outcome: 'written' | 'failed', error: string | null = null): PastRecord {
  const started = new Date(NOW.getTime() - hoursAgo * 3_600_000).toISOString();
  return { outcome, started, guards: [], error };
}

function verified(hoursAgo: number): PastRecord {
  const { started } = ran(hoursAgo, 'written');
  return { outcome: 'verify', started, result: 'passed', level: 'quick', sample: null, at: null };
}

let root: string;
let store: LocalStore;
let series: Series;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'snapshot-status-'));
  store = new LocalStore(join(root, 'disk'));
  series = new Series(store, 'data');
});
afterEach(() => rmSync(root, { recursive: true }));

/** Writes what the series has in its log. */
function log(...lines: readonly (PastRecord | string)[]): void {
  mkdirSync(join(root, 'disk', 'data'), { recursive: true });
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  writeFileSync(join(root, 'disk', 'data', 'runs.jsonl'), text.map((line) => `${line}\n`).join(''));
}

/** What this machine remembers of the disk. */
function remembering(records: readonly PastRecord[], more: Partial<KnownDestination> = {}) {
  const other = { name: 'other', waitingSince: null, records: [ran(1, 'failed', 'of another series')] };
  const known = {
    isRemovable: false,
    disks: ['disk-one'],
    series: [other, { name: 'data', waitingSince: null, records }],
    ...more,
  };
  return async (destination: string): Promise<KnownDestination> => {
    expect(destination).toBe(store.label);
    return await Promise.resolve(known);
  };
}

async function nothing(): Promise<undefined> {
  return await Promise.resolve(undefined);
}

async function refused(): Promise<never> {
  return await Promise.reject(new SnapshotError('E_STORE', 'no permission'));
}

describe('knownPast()', () => {
  const [old, late] = [ran(40, 'written'), ran(10, 'written')];
  const [missed, lookedAt] = [ran(20, 'failed', 'no disk'), verified(5)];
  const AWAY = { isRemovable: true } as const;

  // Of the only disk the log knows best: what is not in there was deleted with the series.
  it.each<[string, Partial<KnownDestination>, (PastRecord | string)[], readonly PastRecord[]]>([
    ['the log, and runs that failed without it', {}, [late], [missed, late]],
    ['each run once', {}, [old, missed, late], [old, missed, late]],
    ['what is on other disks', { disks: ['disk-one', 'disk-two'] }, [late], [old, missed, late, lookedAt]],
    ['all that is remembered while the disk is away', AWAY, [], [old, missed, lookedAt]],
    ['two that ended otherwise at one moment', {}, [ran(20, 'written')], [ran(20, 'written'), missed]],
  ])('has %s', async (_, known, lines, records) => {
    if (known.isRemovable !== true) log(...lines);
    const past = await knownPast(
      { series, everyMs: DAY_MS },
      NOW,
      remembering([old, missed, lookedAt], known),
    );
    expect(past.records).toEqual(records);
    expect([past.away !== undefined, past.trouble]).toEqual([known.isRemovable === true, undefined]);
  });

  it('counts lines that say nothing, and runs of a clock that was wrong', async () => {
    const ahead = ran(-24 * 365, 'written');
    log(old, ahead, '{"outcome":"wri', late);
    const past = await knownPast({ series, everyMs: DAY_MS }, NOW, nothing);
    expect(past).toEqual({
      hasLostLog: false,
      records: [old, ahead, late],
      logged: [old, ahead, late],
      unreadable: 1,
      wrongClocks: 1,
      away: undefined,
      trouble: undefined,
    });
  });

  it('says why the log cannot be read, and hides no bug', async () => {
    log(late);
    store.readLines = async () => await Promise.reject(new SnapshotError('E_STORE', 'no permission'));
    expect(await knownPast({ series, everyMs: DAY_MS }, NOW, nothing)).toMatchObject({
      records: [],
      unreadable: 0,
      trouble: 'no permission',
    });
    store.readLines = async () => await Promise.reject(BUG);
    await expect(knownPast({ series, everyMs: DAY_MS }, NOW, nothing)).rejects.toBe(BUG);
  });

  it('reads the log also of a series that is not the row’s, and says whose it is', async () => {
    log(late);
    const owner = { host: 'another-pc', source: '/home/bob' };
    writeFileSync(join(root, 'disk', 'data', 'owner.json'), JSON.stringify(owner));
    const lab = new SeriesLab();
    const { row } = lab;
    lab.remove();
    const past = await knownPast({ series, everyMs: DAY_MS, row }, NOW, nothing);
    expect(past.records).toEqual([late]);
    expect(past.trouble).toMatch(/ belongs to "\/home\/bob" on another-pc, not to /);
    expect((await knownPast({ series, everyMs: DAY_MS }, NOW, nothing)).trouble).toBeUndefined();
  });
});

describe('readStatus()', () => {
  it('says how a series is, and which one', async () => {
    log(ran(10, 'written'), 'not JSON');
    const status = await readStatus({ series, everyMs: DAY_MS }, NOW, nothing);
    expect(status).toMatchObject({
      state: 'ok',
      isFailing: false,
      reasons: [],
      series: 'data',
      destination: store.label,
      everyMs: DAY_MS,
      isLogKnown: true,
      unreadable: 1,
      wrongClocks: 0,
    });
  });

  it('fails for each snapshot that is damaged, with what to do, before what the log says', async () => {
    log(ran(50, 'written'));
    for (const name of ['2026-11-18T02-00-00Z', '2026-11-19T02-00-00Z']) {
      mkdirSync(join(root, 'disk', 'data', name));
      writeFileSync(join(root, 'disk', 'data', name, 'info.json'), 'damaged');
    }
    const { state, isFailing, isOverdue, reasons } = await readStatus(
      { series, everyMs: DAY_MS },
      NOW,
      nothing,
    );
    expect([state, isFailing, isOverdue]).toEqual(['failing', true, true]);
    expect(reasons).toEqual([
      expect.stringMatching(
        /^snapshot 2026-11-18T02-00-00Z is damaged: ".*info.json" is damaged: it is not JSON; ./,
      ),
      expect.stringMatching(/^snapshot 2026-11-19T02-00-00Z is damaged: /),
      'the last success was 2 days ago, and is to be every day',
    ]);
  });

  it('does not know what was never done where the log cannot be read', async () => {
    log(ran(10, 'written'));
    store.readLines = async () => await Promise.reject(new SnapshotError('E_STORE', 'no permission'));
    const status = await readStatus({ series, everyMs: DAY_MS }, NOW, nothing);
    expect(status).toMatchObject({ reasons: ['no permission'], isLogKnown: false, lastVerify: undefined });
  });

  it('looks for no damage where the disk is away', async () => {
    const status = await readStatus(
      { series, everyMs: DAY_MS },
      NOW,
      remembering([ran(10, 'written')], { isRemovable: true }),
    );
    expect(status).toMatchObject({
      state: 'waiting',
      isFailing: false,
      reasons: [expect.stringMatching(/^waiting for its disk since .*; the last success was 10 hours ago$/)],
    });
  });

  it('says once what is in the way of everything, and hides no bug', async () => {
    log(ran(10, 'written'));
    const readLines = store.readLines.bind(store);
    store.list = refused;
    store.readLines = refused;
    const status = await readStatus({ series, everyMs: DAY_MS }, NOW, nothing);
    expect(status).toMatchObject({ state: 'failing', isFailing: true });
    expect(status.reasons).toEqual(['no permission']);
    expect(status.isOverdue).toBe(false);
    store.readLines = readLines;
    store.list = async () => await Promise.reject(BUG);
    await expect(readStatus({ series, everyMs: DAY_MS }, NOW, nothing)).rejects.toBe(BUG);
  });
});

describe('joinPasts()', () => {
  it('puts both in order, each record once', () => {
    const [a, b, c] = [ran(3, 'written'), ran(2, 'failed'), ran(1, 'written')];
    expect(joinPasts([c, a], [a, b])).toEqual([a, b, c]);
    expect(joinPasts([b, c, a], [])).toEqual([a, b, c]);
  });

  it('leaves the log in the order in which it was written: a clock may have been put back', () => {
    const [a, b, c] = [ran(3, 'written'), ran(2, 'failed'), ran(1, 'written')];
    expect(joinPasts([a, b], [c, a])).toEqual([c, a, b]);
  });
});

describe('rememberLog()', () => {
  let memory: Memory;
  let notes: string[];
  beforeEach(() => {
    memory = new Memory(join(root, 'state'));
    notes = [];
  });
  const remember = async (): Promise<void> =>
    await rememberLog(series, memory, NOW, (message) => notes.push(message));

  it('adds what the log says to what is known of its series', async () => {
    const waitingSince = '2026-11-20T02:00:00.000Z';
    const known = await remembering([ran(3, 'failed', 'no disk')])(store.label);
    const [other, data] = known.series;
    await memory.update(store.label, () => ({
      ...known,
      series: known.series.map((one) => (one === data ? { ...one, waitingSince } : one)),
    }));
    log(ran(20, 'written'), verified(1));
    await remember();
    expect(await memory.find(store.label)).toEqual({
      ...known,
      series: [
        other,
        {
          name: 'data',
          waitingSince,
          records: [ran(20, 'written'), ran(3, 'failed', 'no disk'), verified(1)],
        },
      ],
    });
    expect(notes).toEqual([]);
  });

  it('remembers nothing of a destination that no row has run for', async () => {
    log(verified(1));
    await remember();
    expect(await memory.find(store.label)).toBeUndefined();
    expect(notes).toEqual([]);
  });

  it('says when it cannot, and hides no bug', async () => {
    await memory.update(store.label, (known) => known);
    log(verified(1));
    store.readLines = async () => await Promise.reject(new SnapshotError('E_STORE', 'no permission'));
    await remember();
    expect(notes).toEqual(['this machine will not remember it: no permission']);
    store.readLines = async () => await Promise.reject(BUG);
    await expect(remember()).rejects.toBe(BUG);
    expect(readFileSync(join(root, 'disk', 'data', 'runs.jsonl'), 'utf8')).toContain('verify');
  });
});
