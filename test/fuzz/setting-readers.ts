// What users write, and what the schedulers of their systems give back.
import { strict as assert } from 'node:assert';
import { SnapshotError } from '../../src/base/errors.ts';
import { FILE_OPTIONS, parseConfig } from '../../src/cli/options/config-file.ts';
import { readDuration } from '../../src/cli/options/duration.ts';
import { parseRate } from '../../src/cli/options/max-rate.ts';
import { readCron } from '../../src/host/schedulers/cron.ts';
import { crontab, crontabBlock, withBlock } from '../../src/host/schedulers/crontab.ts';
import { type Entry, type FoundEntry, readTags } from '../../src/host/schedulers/entry.ts';
import { launchdPlist } from '../../src/host/schedulers/launchd.ts';
import type { SchedulerHost } from '../../src/host/schedulers/scheduler.ts';
import { systemdUnits } from '../../src/host/schedulers/systemd.ts';
import { taskScheduler } from '../../src/host/schedulers/task-scheduler.ts';
import { taskXml } from '../../src/host/schedulers/task-xml.ts';
import { parseShard } from '../../src/jobs/run/rows-to-run.ts';
import { formatEvery, parseEvery } from '../../src/plan/every.ts';
import type { Reader } from './reader.ts';

const CONFIG = {
  $schema: 'snapshot.schema.json',
  plan: 'plan.csv',
  jobs: 2,
  only: ['a', 'b'],
  shutdown: 'always',
  'max-rate': '20MB/s',
};
const CRONS = ['0 2 * * *', '*/15 8-18 * * mon-fri', '30 1 L * *', '0 0 * 1,7 5#1', '@daily'];
const EVERY = ['12h', '1d', ' 2 W '];
const RATES = ['20MB/s', '1.5MiB', '900 KB'];

const DAY = new Date('2026-11-19T00:00:00Z');

function entry(name: string): Entry {
  return { name, when: readCron('0 2 * * *'), command: ['/a b/node', "it's", '100%', '--plan', 'ü"<&>$x'] };
}

export function settingReaders(): readonly Reader[] {
  const table = `MAILTO=a\n5 5 * * * x\n${crontabBlock(entry('n'))}@daily y\n`;
  const named: Entry = { ...entry('n'), command: ['/a b/node', 'it is', '--plan', 'ü"<&>'] };
  const xml = taskXml(named, String.raw`h\u`);
  return [
    {
      name: 'options file',
      valid: [Buffer.from(JSON.stringify(CONFIG))],
      read: (bytes) => readOptions(bytes.toString('utf8')),
    },
    texts('cron expression', CRONS, readExpression),
    texts('every', EVERY, (text) => {
      const ms = parseEvery(text);
      assert.equal(parseEvery(formatEvery(ms)), ms);
    }),
    texts('--max-rate', RATES, (text) => assert(Number.isFinite(parseRate(text)))),
    texts('--shard', ['1/4', '12/12'], (text) => {
      const { number, of } = parseShard(text);
      assert(number >= 1 && number <= of);
    }),
    texts('durations', ['90s', '10m', '2h'], (text) => assert(Number.isFinite(readDuration('x', text)))),
    { name: 'crontab', valid: [Buffer.from(table)], read: readCrontab },
    {
      name: 'units and property lists',
      isTolerant: true,
      valid: [systemdUnits(named).timer, launchdPlist(named, '/a/log')].map((text) => Buffer.from(text)),
      read: (bytes) => readTags(bytes.toString('utf8')).forEach(checkFound),
    },
    {
      name: 'task',
      isTolerant: true,
      valid: [Buffer.from(xml), Buffer.from(`\uFEFF${xml}`, 'utf16le')],
      read: async (bytes) => {
        const list = Buffer.from(String.raw`"\snapshot\n","19.11.2026 02:00:00","Ready"`);
        const run: SchedulerHost['run'] = async (_, args) =>
          await answer(args.includes('/XML') ? bytes : list);
        (await taskScheduler({ ...HOST, run }).list()).forEach(checkFound);
      },
    },
  ];
}

function texts(name: string, valid: readonly string[], read: (text: string) => unknown): Reader {
  return {
    name,
    valid: valid.map((text) => Buffer.from(text)),
    read: (bytes) => read(bytes.toString('utf8')),
  };
}

function readOptions(text: string): void {
  for (const name of Object.keys(parseConfig(text, '/x/options.json')))
    assert(Object.hasOwn(FILE_OPTIONS, name));
}

function readExpression(text: string): void {
  const cron = readCron(text);
  for (const [values, most] of [
    [cron.minutes, 59],
    [cron.hours, 23],
    [cron.months, 12],
  ] as const)
    assert(
      values.length > 0 && values.every((value) => Number.isInteger(value) && value >= 0 && value <= most),
    );
  assert.equal(typeof cron.isOn(DAY), 'boolean');
  const when = { ...entry('n'), when: cron, command: ['/a'] };
  for (const write of WRITE) {
    try {
      assert.doesNotMatch(write(when), /undefined|NaN/);
    } catch (error) {
      // Not every scheduler can be told everything.
      if (!(error instanceof SnapshotError)) throw error;
    }
  }
}

const WRITE: readonly ((entry: Entry) => string)[] = [
  crontabBlock,
  (some) => systemdUnits(some).timer,
  (some) => launchdPlist(some, '/log'),
  (some) => taskXml(some, 'u'),
];

const HOST: SchedulerHost = {
  isRoot: false,
  uid: 1,
  home: '/home/u',
  env: {},
  run: async () => await answer(Buffer.alloc(0)),
};

async function answer(stdout: Buffer): Promise<{ status: number; stdout: Buffer; stderr: string }> {
  return await Promise.resolve({ status: 0, stdout, stderr: '' });
}

/** What others have in a crontab stays there, line by line. */
async function readCrontab(bytes: Buffer): Promise<void> {
  const found = await crontab({ ...HOST, run: async () => await answer(bytes) }).list();
  found.forEach(checkFound);
  const before = bytes.toString('latin1');
  const without = withBlock(before, 'n', '');
  for (const line of without.split('\n'))
    assert(!line.startsWith('# ') || readTags(line).every(({ name }) => name !== 'n'));
  const left = without.split('\n');
  let at = 0;
  for (const line of before.split('\n')) if (line === left[at]) at++;
  assert.equal(at, left.length);
  const again = withBlock(before, 'n', crontabBlock(entry('n')));
  assert.deepEqual(withBlock(again, 'n', crontabBlock(entry('n'))), again);
}

function checkFound({ name, when, command }: FoundEntry): void {
  for (const text of [name, when, ...command]) assert.equal(typeof text, 'string');
}
