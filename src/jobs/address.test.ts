import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SnapshotError } from '../base/errors.ts';
import { loadPlan } from '../plan/plan.ts';
import type { Info } from '../series/info.ts';
import { snapshotName } from '../series/names.ts';
import type { Series, Survey } from '../series/series.ts';
import { chooseSnapshot, findSeries, rowOf } from './address.ts';

const HOUR = 3_600_000;

/** Local time is one hour ahead. */
const clock = (): number => HOUR;

function surveyOf(times: readonly Date[], more: Partial<Survey> = {}): Survey {
  const snapshots = times.map((at) => ({ name: snapshotName(at), at, info: {} as Info }));
  return { snapshots, unfinished: [], kept: [], damaged: [], foreign: [], parts: [], ...more };
}

/** In local time already the 20th. */
const NOW = new Date('2026-11-19T23:45:00Z');

const NIGHTS = [
  '2025-12-31T02:00:00Z',
  '2026-11-18T02:00:00Z',
  '2026-11-19T02:00:00Z',
  '2026-11-19T23:30:00Z',
  '2026-12-01T02:00:07Z',
].map((text) => new Date(text));

function chosen(when: string | undefined): string {
  return chooseSnapshot(surveyOf(NIGHTS), when, clock, NOW).name;
}

function errorOf(call: () => unknown): SnapshotError {
  try {
    call();
  } catch (error) {
    if (error instanceof SnapshotError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const unknown = async (): Promise<undefined> => await Promise.resolve(undefined);

describe('chooseSnapshot()', () => {
  it.each([
    ['nothing', undefined, '2026-12-01T02-00-07Z'],
    ['latest', 'latest', '2026-12-01T02-00-07Z'],
    ['a name', '2026-11-19T02-00-00Z', '2026-11-19T02-00-00Z'],
    ['the start of one name', '2025', '2025-12-31T02-00-00Z'],
    ['a longer start', '2026-11-19T0', '2026-11-19T02-00-00Z'],
    ['the end of a day in local time', '2026-11-19', '2026-11-19T02-00-00Z'],
    ['a local time', '2026-11-20 00:30', '2026-11-19T23-30-00Z'],
    ['a minute before one', '2026-11-20 00:29', '2026-11-19T02-00-00Z'],
    ['the minute in which it was taken', '2026-12-01 03:00', '2026-12-01T02-00-07Z'],
    ['a time in UTC', '2026-11-19T01:59Z', '2026-11-18T02-00-00Z'],
    ['a time with an offset', '2026-11-18T21:00-05:00', '2026-11-19T02-00-00Z'],
    ['the end of a month', '2026-11', '2026-11-19T23-30-00Z'],
    ['a month without any', '2026-10', '2025-12-31T02-00-00Z'],
    ['yesterday, to its end in local time', 'yesterday', '2026-11-19T02-00-00Z'],
    ['today', 'Today', '2026-11-19T23-30-00Z'],
    ['so many hours ago', '1h', '2026-11-19T02-00-00Z'],
    ['so many days ago', '1d ago', '2026-11-18T02-00-00Z'],
    ['weeks ago', '20w', '2025-12-31T02-00-00Z'],
    ['the one before the latest', 'latest~1', '2026-11-19T23-30-00Z'],
    ['four before it', 'latest~4', '2025-12-31T02-00-00Z'],
    ['none before it', 'latest~0', '2026-12-01T02-00-07Z'],
    ['the future', '2099-01-01', '2026-12-01T02-00-07Z'],
  ])('takes %s', (_, when, name) => {
    expect(chosen(when)).toBe(name);
  });

  it.each([
    ['an ambiguous start', '2026-11-19T', /start of several/, /19T23-30-00Z .*\n.*19T02-00-00Z [^\n]*$/],
    ['an unknown name', '2027', /no snapshot `2027`/, /2026-12-01T02-00-07Z[^]*2025-12-31T02-00-00Z/],
    ['a word', 'once', /no snapshot `once`/, /2026-12-01/],
    ['more before the latest than there are', 'latest~5', /5 snapshots, and no `latest~5`/, /2025-12-31/],
    ['a month that is not', '2026-13', /no date/, /2026-12-01/],
    ['longer ago than all', '60w', /at or before/, /2025-12-31/],
    ['nothing at all', ' ', /no snapshot/, /2026-12-01/],
    ['a time before all', '2025-12-31 02:59', /at or before/, /2025-12-31/],
    ['a day that is not', '2026-02-30', /no date/, /2026-12-01/],
  ])('refuses %s and lists what there is', (_, when, message, hint) => {
    const error = errorOf(() => chosen(when));
    expect(error).toMatchObject({ code: 'E_USAGE', message: expect.stringMatching(message) });
    expect(error.hint).toMatch(hint);
  });

  it('lists ten at most, the newest first', () => {
    const many = Array.from({ length: 25 }, (_, i) => new Date(Date.UTC(2026, 0, 1 + i)));
    const { hint = '' } = errorOf(() => chooseSnapshot(surveyOf(many), 'x', clock));
    expect(hint.match(/2026-01-\d\dT/g)).toHaveLength(10);
    expect(hint.indexOf('2026-01-25T')).toBeLessThan(hint.indexOf('2026-01-24T'));
    expect(hint).toContain('and 15 older ones');
  });

  it('says what is wrong with a damaged one, an unfinished one, or none', () => {
    const error = new SnapshotError('E_DAMAGED', 'broken');
    const damaged = [{ name: '2026-12-02T00-00-00Z', error }];
    const survey = surveyOf(NIGHTS, { damaged, unfinished: ['2026-12-03T00-00-00Z'] });
    expect(errorOf(() => chooseSnapshot(survey, '2026-12-02T00-00-00Z', clock))).toBe(error);
    expect(errorOf(() => chooseSnapshot(survey, '2026-12-03T00-00-00Z', clock)).message).toMatch(
      /unfinished/,
    );
    expect(errorOf(() => chooseSnapshot(surveyOf([]), undefined, clock))).toMatchObject({ code: 'E_USAGE' });
    expect(errorOf(() => chooseSnapshot(surveyOf([], { damaged }), undefined, clock))).toBe(error);
  });

  const second = fc.integer({ min: 1_700_000_000, max: 1_700_500_000 });

  it('takes the newest at or before any time', () => {
    fc.assert(
      fc.property(fc.uniqueArray(second, { minLength: 1, maxLength: 20 }), second, (seconds, asked) => {
        const times = seconds.toSorted((a, b) => a - b).map((s) => new Date(s * 1000));
        const when = new Date(asked * 1000).toISOString();
        const expected = times.findLast((at) => at.getTime() <= asked * 1000);
        const choose = (): string => chooseSnapshot(surveyOf(times), when, clock).name;
        if (expected === undefined) expect(errorOf(choose).code).toBe('E_USAGE');
        else expect(choose()).toBe(snapshotName(expected));
      }),
    );
  });

  it('takes a start of a name when it is that of one only', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(second, { minLength: 1, maxLength: 20 }),
        fc.nat(19),
        fc.integer({ min: 11, max: 20 }),
        (seconds, pick, length) => {
          const times = seconds.toSorted((a, b) => a - b).map((s) => new Date(s * 1000));
          const names = times.map(snapshotName);
          const start = (names[pick % names.length] ?? '').slice(0, length);
          const fitting = names.filter((name) => name.startsWith(start));
          const choose = (): string => chooseSnapshot(surveyOf(times), start, clock).name;
          if (fitting.length === 1) expect(choose()).toBe(fitting[0]);
          else expect(errorOf(choose).hint).toContain(fitting[0]);
        },
      ),
    );
  });
});

describe('findSeries()', () => {
  let root: string;
  let cwd: string;

  beforeEach(() => {
    cwd = process.cwd();
    root = realpathSync.native(mkdtempSync(join(tmpdir(), 'snapshot-address-')));
    mkdirSync(join(root, 'disk', 'docs', '2026-11-19T02-00-00Z'), { recursive: true });
    mkdirSync(join(root, 'disk', 'fresh'));
  });

  afterEach(() => {
    process.chdir(cwd);
    rmSync(root, { recursive: true, force: true });
  });

  async function find(which: string, ...lines: readonly string[]): Promise<Series> {
    const plan = join(root, 'plan.csv');
    if (lines.length > 0) writeFileSync(plan, `${lines.join('\n')}\n`);
    return await findSeries(which, async () => await loadPlan(plan), unknown);
  }

  const HEADER = 'source,destination,name';

  it('takes a name of the plan', async () => {
    const series = await find('docs', HEADER, 'a,disk,docs');
    expect(series.place()).toBe(join(root, 'disk', 'docs'));
  });

  it('takes a path, with slashes at its end too, and asks for no plan', async () => {
    for (const end of ['', '/', '//']) {
      expect((await find(`${join(root, 'disk', 'docs')}${end}`)).place()).toBe(join(root, 'disk', 'docs'));
    }
  });

  it('takes a path that is a link', async () => {
    symlinkSync(join(root, 'disk', 'docs'), join(root, 'link'), 'junction');
    expect((await find(join(root, 'link'))).place()).toBe(join(root, 'disk', 'docs'));
  });

  it('takes the folder it stands in', async () => {
    process.chdir(join(root, 'disk', 'docs'));
    expect((await find('.')).name).toBe('docs');
  });

  it('takes a folder of that name only where there is no plan', async () => {
    process.chdir(join(root, 'disk'));
    expect((await find('docs')).place()).toBe(join(root, 'disk', 'docs'));
    await expect(find('nowhere')).rejects.toMatchObject({ code: 'E_PLAN' });
    await expect(find('docs', HEADER, 'a,disk,photos')).rejects.toMatchObject({ code: 'E_USAGE' });
    await expect(find('docs', 'wrong')).rejects.toMatchObject({ code: 'E_PLAN' });
  });

  it('takes a folder without snapshots', async () => {
    expect((await find(join(root, 'disk', 'fresh'))).name).toBe('fresh');
  });

  it.each([
    ['a name that is nearly one', 'dosc', /called `dosc`/, /Did you mean `docs`\?/],
    ['another name', 'letters', /called `letters`/, /There are: docs, twice\./],
    ['a name of two series', 'twice', /more than one/, /disk.twice, .*other.twice/],
  ])('refuses %s', async (_, which, message, hint) => {
    const lines = [HEADER, 'a,disk,docs', 'b,disk,twice', 'c,other,twice'];
    await expect(find(which, ...lines)).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  it.each([
    [
      'a snapshot',
      ['docs', '2026-11-19T02-00-00Z'],
      /is one snapshot/,
      /disk.docs --at 2026-11-19T02-00-00Z$/,
    ],
    ['a folder of series', [], /holds some/, /disk.docs$/],
    ['a folder that is not there', ['nowhere', 'docs'], /no folder/, undefined],
  ])('refuses the path of %s, and says what is right', async (_, parts, message, hint) => {
    const error: unknown = await find(join(root, 'disk', ...parts)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'E_USAGE', message: expect.stringMatching(message) });
    if (hint !== undefined) expect((error as SnapshotError).hint).toMatch(hint);
  });

  it('knows the row of a series, however it was named', async () => {
    const series = await find(join(root, 'disk', 'docs'), HEADER, 'a,disk,docs', 'b,disk,photos');
    const plan = await loadPlan(join(root, 'plan.csv'));
    expect(basename(rowOf(series, plan)?.source ?? '')).toBe('a');
    expect(rowOf(await find(join(root, 'disk', 'fresh')), plan)).toBeUndefined();
  });
});
