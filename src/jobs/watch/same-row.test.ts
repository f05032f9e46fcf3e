import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { loadPlan } from '../../plan/plan.ts';
import { isSameRow, type RowOfPlan } from './same-row.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'snapshot-same-row-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const folder of ['source/inside', 'other', 'disk']) mkdirSync(join(root, folder), { recursive: true });
});

const ROW = 'source,mirror,data,mirror,';

/** The row `data` of a plan with these lines. */
async function rowOf(...lines: readonly string[]): Promise<RowOfPlan> {
  const file = join(root, 'plan.csv');
  writeFileSync(file, ['source,destination,name,strategy,exclude', ...lines, ''].join('\n'));
  const plan = await loadPlan(file);
  const row = plan.rows.find(({ destination }) => destination === join(root, 'mirror'));
  if (row === undefined) throw new Error('no such row');
  return { plan, row };
}

it.each<[string, readonly string[], boolean]>([
  ['the same plan', [ROW], true],
  ['a row before it', ['other,disk,new,mirror,', ROW], true],
  ['a pattern of its own', ['source,mirror,data,mirror,*.tmp'], false],
  ['a row by whose name it is called otherwise', [ROW, 'other,disk,data,mirror,'], false],
  ['a series in its source', [ROW, 'other,source/inside,new,,'], false],
])('%s: a row is the same, and goes on: %s', async (_, after, isSame) => {
  const before = await rowOf(ROW);
  expect(await isSameRow(before, await rowOf(...after))).toBe(isSame);
});

it('may have any series in its source where something is mounted there', async (context) => {
  const point = join(root, 'source', 'inside');
  const { status } = spawnSync('mount', ['--bind', join(root, 'disk'), point]);
  if (status !== 0) return context.skip('needs the right to mount');
  onTestFinished(() => void spawnSync('umount', [point]));
  const before = await rowOf(ROW);
  expect(await isSameRow(before, await rowOf(ROW, 'other,disk,new,,'))).toBe(false);
  expect(await isSameRow(before, await rowOf(ROW))).toBe(true);
});

it('is the same where its source is away', async () => {
  rmSync(join(root, 'source'), { recursive: true });
  const before = await rowOf(ROW);
  expect(await isSameRow(before, await rowOf(ROW, 'other,disk,new,,'))).toBe(true);
});
