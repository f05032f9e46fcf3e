import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Plan } from '../../plan/plan.ts';
import { Memory } from './memory.ts';
import { goneRows, type KnownRow, knownSuccesses, rememberRows } from './plan-memory.ts';

let root: string;
let memory: Memory;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'snapshot-plan-memory-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  memory = new Memory(join(root, 'state'));
});

/** A row whose series is there. */
function rowOf(destination: string, name: string): KnownRow {
  const row = { destination: join(root, destination), name, source: join(root, 'home', name) };
  mkdirSync(join(row.destination, name), { recursive: true });
  writeFileSync(join(row.destination, name, 'runs.jsonl'), '\n');
  return row;
}

function planOf(...rows: readonly (KnownRow & { readonly active?: boolean })[]): Plan {
  const all = rows.map((row) => ({ active: true, ...row }));
  return { file: 'plan.csv', rows: all as unknown as Plan['rows'] };
}

async function remember(...rows: readonly KnownRow[]): Promise<void> {
  await rememberRows(memory, 'plan.csv', rows, (message) => expect.unreachable(message));
}

async function gone(plan: Plan): Promise<readonly string[]> {
  return (await goneRows(memory, plan)).map(({ name }) => name);
}

describe('what is remembered of a plan', () => {
  it('has the rows of earlier runs, as long as their series are there', async () => {
    const [one, two] = [rowOf('disk', 'one'), rowOf('disk', 'two')];
    await remember(one);
    await remember(two);
    const known = await knownSuccesses(memory, 'plan.csv', (message) => expect.unreachable(message));
    expect(planOf(one, two, rowOf('disk', 'three')).rows.map(known)).toEqual([true, true, false]);
    expect(await gone(planOf(two))).toEqual(['one']);
    rmSync(join(one.destination, 'one'), { recursive: true });
    expect(await gone(planOf(two))).toEqual([]);
    await remember(two);
    rowOf('disk', 'one');
    expect(await gone(planOf(two))).toEqual([]);
  });

  it('takes what a glob that is switched off may match at its destination for no row that is gone', async () => {
    for (const folder of ['home', 'away']) mkdirSync(join(root, folder));
    await remember(rowOf('disk', 'one'), rowOf('other', 'two'));
    const off = { ...rowOf('disk', '_'), source: join(root, 'home', '*'), active: false };
    expect(await gone(planOf(off))).toEqual(['two']);
    expect(await gone(planOf({ ...off, source: join(root, 'away', '*') }))).toEqual(['one', 'two']);
    expect(await gone(planOf({ ...off, active: true }))).toEqual(['one', 'two']);
  });
});
