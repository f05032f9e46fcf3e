import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalStore } from '../store/local/local-store.ts';
import { parsePast } from './past.ts';
import { readRuns, readSinceSuccess } from './read-runs.ts';
import { Series } from './series.ts';

/** A store that counts what is read from it. */
class CountingStore extends LocalStore {
  bytes = 0;

  override async readLines(key: string, bytes: number): ReturnType<LocalStore['readLines']> {
    const lines = await super.readLines(key, bytes);
    this.bytes += Buffer.byteLength(lines.text);
    return lines;
  }
}

let folder: string;
let store: CountingStore;
let series: Series;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snapshot-runs-'));
  store = new CountingStore(folder);
  series = new Series(store, 'data');
});
afterEach(async () => await rm(folder, { recursive: true }));

async function log(...lines: readonly string[]): Promise<void> {
  await store.put('data/runs.jsonl', Buffer.from(lines.join('')));
}

function run(outcome: string, started = '2026-11-19T02:00:00.000Z', more: object = {}): string {
  return `${JSON.stringify({ started, outcome, guards: [], error: null, ...more })}\n`;
}

function outcomesOf({ records }: Awaited<ReturnType<typeof readRuns>>): readonly string[] {
  return records.map(({ outcome }) => outcome);
}

const VERIFY = `${JSON.stringify({ started: '2026-11-19T03:00:00Z', outcome: 'verify', result: 'passed', level: 'full', sample: 0.1, at: null })}\n`;
const DRILL = `${JSON.stringify({ started: '2026-11-19T03:00:00Z', outcome: 'drill', result: 'failed' })}\n`;

describe('readRuns()', () => {
  it('finds nothing where there is no log', async () => {
    expect(await readRuns(series)).toEqual({ records: [], unreadable: 0 });
    await log('');
    expect(await readRuns(series)).toEqual({ records: [], unreadable: 0 });
  });

  it('reads runs, verifies and drills, also of a version that knew no sizes', async () => {
    const size = { snapshots: 2, oldest: '2026-11-01T02:00:00.000Z', seriesBytes: 99 };
    await log(run('written'), run('unchanged', undefined, size), VERIFY, DRILL);
    const { records, unreadable } = await readRuns(series);
    expect(unreadable).toBe(0);
    expect(records).toEqual([
      { started: '2026-11-19T02:00:00.000Z', outcome: 'written', guards: [], error: null },
      { started: '2026-11-19T02:00:00.000Z', outcome: 'unchanged', guards: [], error: null, ...size },
      {
        started: '2026-11-19T03:00:00Z',
        outcome: 'verify',
        result: 'passed',
        level: 'full',
        sample: 0.1,
        at: null,
      },
      { started: '2026-11-19T03:00:00Z', outcome: 'drill', result: 'failed' },
    ]);
  });

  it('leaves out lines that are damaged, counts them, and reads the others', async () => {
    const damaged = [
      '{"started":"2026-1\n',
      '\0\0\0\n',
      'null\n',
      '[1]\n',
      run('bored'),
      run('written', 'soon'),
    ];
    await log(run('written'), ...damaged, '\n', run('failed'), '{"started":"2026-11-20T02:0');
    const found = await readRuns(series);
    expect(outcomesOf(found)).toEqual(['written', 'failed']);
    expect(found.unreadable).toBe(7);
  });

  it('reads no more of a long log than its end', async () => {
    const nights = Array.from({ length: 100_000 }, () => run('unchanged'));
    await log(...nights, VERIFY, DRILL, run('failed'));
    const found = await readRuns(series);
    expect(outcomesOf(found).slice(-3)).toEqual(['verify', 'drill', 'failed']);
    expect(found.unreadable).toBe(0);
    expect(store.bytes).toBe(256 * 1024);
  });

  it('goes further back for a verify where a drill is near, and the other way round', async () => {
    const nights = Array.from({ length: 4000 }, () => run('unchanged'));
    for (const [far, near] of [
      [VERIFY, DRILL],
      [DRILL, VERIFY],
    ] as const) {
      await log(far, ...nights, near, run('written'));
      expect(outcomesOf(await readRuns(series))).toEqual(expect.arrayContaining(['verify', 'drill']));
    }
  });

  it('goes back as far as the last success', async () => {
    const failures = Array.from({ length: 60_000 }, () => run('failed'));
    await log(run('unchanged'), run('written'), ...failures);
    const found = await readRuns(series);
    expect(outcomesOf(found).slice(0, 3)).toEqual(['unchanged', 'written', 'failed']);
  });

  it('goes further back for a drill than for a run, but not to the beginning', async () => {
    const nights = Array.from({ length: 10_000 }, () => run('unchanged'));
    await log(DRILL, ...nights);
    expect(outcomesOf(await readRuns(series))).toContain('drill');
    const decades = Array.from({ length: 60_000 }, () => run('unchanged'));
    await log(DRILL, ...decades);
    expect(outcomesOf(await readRuns(series))).not.toContain('drill');
  });
});

describe('parsePast()', () => {
  it('never throws, whatever a line says', () => {
    const text = fc.oneof(fc.string(), fc.json());
    const mixed = fc
      .record({ started: fc.anything(), outcome: fc.anything(), guards: fc.anything(), error: fc.anything() })
      .map((value) => {
        try {
          return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? null : item));
        } catch {
          return '{}';
        }
      });
    fc.assert(
      fc.property(fc.oneof(text, mixed), (line) => {
        expect(() => parsePast(line)).not.toThrow();
      }),
    );
  });
});

describe('readSinceSuccess()', () => {
  it('reads a little of a long log, and more where the last success is far back', async () => {
    expect(await readSinceSuccess(series)).toEqual([]);
    const before = Array.from({ length: 5000 }, () => run('unchanged'));
    await log(...before, run('written'), run('failed'));
    const outcomes = (await readSinceSuccess(series)).map(({ outcome }) => outcome);
    expect(outcomes.slice(-2)).toEqual(['written', 'failed']);
    expect(store.bytes).toBeLessThan(20_000);
    await log(run('written'), ...Array.from({ length: 5000 }, () => run('failed')));
    expect((await readSinceSuccess(series))[0]?.outcome).toBe('written');
  });
});
