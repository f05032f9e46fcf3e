import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { RunEvent } from '../events.ts';
import { Memory } from '../status/memory.ts';
import { knownSuccesses } from '../status/plan-memory.ts';
import { thisStateFolder } from '../../host/state-folder.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { type Company, type NightlyOptions, runBetween } from './nightly.ts';
import type { RunOutcome } from './notice.ts';
import { RunLog } from './run-log.ts';
import { RunRecord } from './run-record.ts';
import type { RunView } from './run-view.ts';
import { Teller } from './teller.ts';

let lab: SeriesLab;
let state: string;
beforeEach(() => {
  lab = new SeriesLab();
  state = mkdtempSync(join(tmpdir(), 'snapshot-nightly-'));
  vi.stubEnv('XDG_STATE_HOME', state);
  writeFileSync(join(lab.source, 'file'), 'text');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(state, { recursive: true });
  lab.remove();
});

const nothing = (): void => {};
const VIEW: RunView = {
  start: nothing,
  event: nothing,
  warn: nothing,
  note: nothing,
  nothing,
  end: nothing,
  countdown: nothing,
  shutdown: nothing,
  close: nothing,
};

async function night(
  options: Partial<NightlyOptions> = {},
  stop = new AbortController(),
  view = VIEW,
): Promise<RunOutcome> {
  const plan = join(lab.root, 'plan.csv');
  writeFileSync(plan, `source,destination,name\n${lab.source},${lab.row.destination},data\n`);
  const log = RunLog.open(join(lab.root, 'log'), lab.root, nothing);
  const company: Company = {
    view,
    log,
    record: new RunRecord(),
    teller: new Teller([], 'always', nothing),
    limits: { shard: undefined, bytesPerSecond: undefined },
    stop: stop.signal,
  };
  const asked: NightlyOptions = {
    plan,
    only: [],
    dryRun: false,
    jobs: 1,
    rehash: false,
    acceptChanges: false,
    acceptPaths: [],
    adopt: false,
    lowPriority: false,
    notOnBattery: false,
    before: undefined,
    after: undefined,
    ...options,
  };
  try {
    return await runBetween({ file: plan, rows: [lab.row] }, asked, company);
  } finally {
    await log.close();
  }
}

it('runs no command of the user in a dry run: nothing is mounted, and no database stopped', async () => {
  const [before, after] = ['before', 'after'].map((name) => join(lab.root, name));
  const hooks = { before: `echo x >> "${before}"`, after: `echo x >> "${after}"` };
  expect(await night({ ...hooks, dryRun: true })).toMatchObject({ kind: 'run', status: 0 });
  expect([before, after].map((file) => existsSync(file ?? ''))).toEqual([false, false]);
  expect(await night(hooks)).toMatchObject({ status: 0, ends: [{ outcome: 'written' }] });
  expect([before, after].map((file) => readFileSync(file ?? '', 'utf8').trim())).toEqual(['x', 'x']);
});

/** Whether this machine remembers a success of the row. */
async function known(): Promise<boolean> {
  const had = await knownSuccesses(new Memory(thisStateFolder()), join(lab.root, 'plan.csv'), nothing);
  return had(lab.row);
}

it('remembers of each row that it had a success, also where nothing had changed', async () => {
  await night({ dryRun: true });
  expect(await known()).toBe(false);
  await night();
  expect(await known()).toBe(true);
  rmSync(state, { recursive: true });
  expect(await known()).toBe(false);
  expect(await night()).toMatchObject({ ends: [{ outcome: 'unchanged' }] });
  expect(await known()).toBe(true);
});

it('ends as stopped when it was, also where each row had been done by then', async () => {
  const stop = new AbortController();
  const event = (one: RunEvent): void => void (one.event === 'row' && stop.abort());
  const { status, ends } = await night({}, stop, { ...VIEW, event });
  expect([status, ends.map(({ outcome }) => outcome)]).toEqual([130, ['written']]);
});
