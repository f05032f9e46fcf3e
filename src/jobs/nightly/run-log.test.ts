import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { RowEnd } from '../events.ts';
import { logTail } from './log-tail.ts';
import { RunLog } from './run-log.ts';

const END: RowEnd = {
  event: 'row',
  row: 'data',
  source: '/data',
  outcome: 'written',
  dryRun: false,
  snapshot: null,
  folder: null,
  change: { added: 0, modified: 0, removed: 0 },
  files: 0,
  bytes: 0,
  newBytes: 0,
  problems: 0,
  guards: [],
  kept: [],
  removed: [],
  damage: null,
  series: null,
  error: null,
  waiting: null,
  durationMs: 0,
  status: 0,
};

it.each<[string, Partial<RowEnd>, string]>([
  ['went well', {}, 'info'],
  ['could not read everything', { status: 3, problems: 1 }, 'error'],
  ['was held back', { status: 4 }, 'error'],
  [
    'failed',
    { outcome: 'failed', status: 1, error: { code: 'E_ROW', message: 'x', hint: undefined } },
    'error',
  ],
])('logs a row that %s as what its status says', async (_, more, level) => {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-run-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const log = RunLog.open(join(folder, 'log'), folder, (message) => expect.unreachable(message));
  log.event({ ...END, ...more });
  log.end(0);
  await log.close();
  const lines = await logTail(join(folder, 'log'), 10);
  expect(lines.map((line) => [line.level, line.row, line.message])).toEqual([
    ['info', undefined, 'run ended'],
    [level, 'data', `row ${more.outcome ?? 'written'}`],
  ]);
});

it('warns of a folder that it makes only where that was named', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-run-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  await RunLog.open(undefined, join(folder, 'state'), warn).close();
  expect(warnings).toEqual([]);
  await RunLog.open(join(folder, 'mistyped', 'log'), folder, warn).close();
  expect(warnings).toEqual([expect.stringContaining(join(folder, 'mistyped'))]);
});

it('does not lose the stack of a defect where there is no log', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-run-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'file'), '');
  const error = { code: 'E_INTERNAL', message: 'x', hint: undefined, stack: 'Error: x at y' } as const;
  for (const [name, told] of [
    ['log', []],
    [join('file', 'log'), [expect.stringContaining('this run has no log'), error.stack]],
  ] as const) {
    const warnings: string[] = [];
    const log = RunLog.open(join(folder, name), folder, (message) => warnings.push(message));
    log.event({ ...END, outcome: 'failed', status: 1, error });
    await log.close();
    expect(warnings).toEqual(told);
  }
});

const CAN_MOUNT = process.platform === 'linux' && process.geteuid?.() === 0;

it.skipIf(!CAN_MOUNT).each([true, false])(
  'tells once that it cannot be written, asked for it: %s',
  async (isAsked) => {
    const folder = mkdtempSync(join(tmpdir(), 'snapshot-run-log-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]).status !== 0)
      throw new Error('mount');
    onTestFinished(() => void spawnSync('umount', [folder]));
    const { bavail, bsize } = statfsSync(folder);
    writeFileSync(join(folder, 'ballast'), Buffer.alloc(bavail * bsize));
    const warnings: string[] = [];
    const log = RunLog.open(join(folder, 'log'), folder, (message) => warnings.push(message));
    log.event(END);
    const trouble = isAsked ? await log.trouble() : undefined;
    for (const _ of ['once', 'twice']) await log.close();
    const said = [expect.stringContaining(join(folder, 'log'))];
    expect([trouble === undefined ? [] : [trouble], warnings]).toEqual(isAsked ? [said, []] : [[], said]);
  },
);
