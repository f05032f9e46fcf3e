import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { thisStateFolder } from '../../host/state-folder.ts';
import { WHOLE, writeAccepted } from '../../series/accepted.ts';
import type { Plan } from '../../plan/plan.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLab } from '../run/series.lab.ts';
import type { Watched } from './known-past.ts';
import { Memory } from './memory.ts';
import { rememberRows } from './plan-memory.ts';
import { watchedAs, watchedIn, withRows } from './watched.ts';

type Row = Plan['rows'][number];

const DAY_MS = 86_400_000;
let root: string;
let warnings: string[];
let template: Row;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'snapshot-watched-'));
  warnings = [];
  vi.stubEnv('XDG_STATE_HOME', root);
  const lab = new SeriesLab();
  template = lab.row;
  lab.remove();
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

/** A row whose series is there. */
function rowOf(name: string, more: Partial<Row> = {}): Row {
  mkdirSync(join(root, 'disk', name), { recursive: true });
  writeFileSync(join(root, 'disk', name, 'runs.jsonl'), '\n');
  return { ...template, destination: join(root, 'disk'), name, every: 7 * DAY_MS, ...more };
}

function planOf(...rows: readonly Row[]): Plan {
  return { file: '/plan.csv', rows };
}

function seriesOf(name: string): Series {
  return new Series(new LocalStore(join(root, 'disk')), name);
}

async function remember(...rows: readonly Row[]): Promise<void> {
  await rememberRows(new Memory(thisStateFolder()), '/plan.csv', rows, (message) => warnings.push(message));
}

function warn(message: string): void {
  warnings.push(message);
}

/** What is known of each: its name, its row, that it had a success, that its row is gone, and how often it is due. */
function known(all: readonly Watched[]): readonly unknown[] {
  return all.map(({ series, row, hadSuccess = false, gone, everyMs }) => [
    series.name,
    row?.name,
    hadSuccess,
    gone?.name,
    everyMs / DAY_MS,
  ]);
}

it('watches the active rows of a plan, and those that it has no more', async () => {
  const [one, off, two, gone] = [rowOf('one'), rowOf('off', { active: false }), rowOf('two'), rowOf('gone')];
  await remember(one, off, gone);
  expect(known(await watchedIn(planOf(one, off, two), warn))).toEqual([
    ['one', 'one', true, undefined, 7],
    ['two', 'two', false, undefined, 7],
    ['gone', undefined, false, 'gone', 1],
  ]);
  await writeAccepted(seriesOf('gone'), [{ path: WHOLE, reason: '', since: '' }]);
  expect(known(await watchedIn(planOf(one), warn))).toEqual([
    ['one', 'one', true, undefined, 7],
    ['off', undefined, false, 'off', 1],
  ]);
  expect(warnings).toEqual([]);
});

it('knows each series by its row, by one that is gone, or not at all', async () => {
  const [one, off, gone] = [rowOf('one'), rowOf('off', { active: false }), rowOf('gone')];
  await remember(one, gone);
  const all = ['gone', 'one', 'other', 'off'].map(seriesOf);
  const plan = planOf(one, off);
  const byRow = [
    ['one', 'one', true, undefined, 7],
    ['other', undefined, false, undefined, 1],
    ['off', 'off', false, undefined, 7],
  ];
  expect(known(await watchedAs(all, plan, warn))).toEqual([['gone', undefined, false, 'gone', 1], ...byRow]);
  const unknown = ['gone', undefined, false, undefined, 1];
  expect(known(await withRows(all, plan, warn))).toEqual([unknown, ...byRow]);
  expect(known(await withRows(all, undefined, warn))).toEqual(
    all.map(({ name }) => [name, undefined, false, undefined, 1]),
  );
});

it('says what of it is not known where it cannot be read, and watches what is left', async () => {
  const [one, gone] = [rowOf('one'), rowOf('gone')];
  await remember(one, gone);
  rmSync(join(thisStateFolder(), 'plans'), { recursive: true });
  writeFileSync(join(thisStateFolder(), 'plans'), 'no folder');
  expect(known(await watchedIn(planOf(one), warn))).toEqual([['one', 'one', false, undefined, 7]]);
  expect(warnings.length).toBe(2);
});
