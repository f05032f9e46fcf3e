import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Plan } from '../../plan/plan.ts';
import { Memory } from './memory.ts';
import {
  goneRows,
  knownName,
  type KnownRow,
  knownSuccesses,
  rememberRows,
  renameKnownRow,
} from './plan-memory.ts';

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

  it('knows a series by its new name when it was renamed, and no other one', async () => {
    const [one, two] = [rowOf('disk', 'one'), rowOf('other', 'one')];
    await remember(one, two);
    rowOf('disk', 'new');
    await renameKnownRow(memory, 'plan.csv', one.destination, 'one', 'new');
    await renameKnownRow(memory, 'plan.csv', one.destination, 'none', 'more');
    expect(await goneRows(memory, planOf())).toEqual([{ ...one, name: 'new' }, two]);
  });

  it('knows of a mirror that it is one: its series is called otherwise', async () => {
    const mirror = { ...rowOf('disk', 'one'), strategy: 'mirror' } as const;
    const [, plain] = [await remember(mirror), rowOf('disk', 'two')];
    await remember(plain);
    expect((await goneRows(memory, planOf())).map(knownName)).toEqual(['one/.snapshot-data', 'two']);
  });

  it('keeps a row whose disk is away, and one whose destination nobody can look into', async () => {
    const [away, refused] = [rowOf('disk', 'one'), rowOf('file', 'two')];
    await remember(away, refused);
    await memory.update(away.destination, (known) => ({ ...known, isRemovable: true }));
    for (const { destination } of [away, refused]) rmSync(destination, { recursive: true });
    writeFileSync(refused.destination, 'no folder');
    await remember();
    expect(await gone(planOf())).toEqual(['one', 'two']);
  });

  it('says what cannot be read or written, and takes it for nothing', async () => {
    const one = rowOf('disk', 'one');
    await remember(one);
    const [file = ''] = readdirSync(join(memory.folder, 'plans'));
    writeFileSync(join(memory.folder, 'plans', file), '{');
    const notes: string[] = [];
    const known = await knownSuccesses(memory, 'plan.csv', (message) => notes.push(message));
    expect([planOf(one).rows.map(known), notes.length]).toEqual([[false], 1]);
    await expect(goneRows(memory, planOf())).rejects.toMatchObject({ code: 'E_DAMAGED' });
    // It is written anew.
    await remember(one);
    expect(await gone(planOf())).toEqual(['one']);
    rmSync(memory.folder, { recursive: true });
    writeFileSync(memory.folder, 'no folder');
    await rememberRows(memory, 'plan.csv', [one], (message) => notes.push(message));
    expect(notes.length).toBe(2);
  });

  it('writes nothing where nothing is new', async () => {
    const one = rowOf('disk', 'one');
    await remember(one);
    const [file = ''] = readdirSync(join(memory.folder, 'plans'));
    // One that is written anew is another file.
    const before = statSync(join(memory.folder, 'plans', file)).ino;
    await remember(one);
    expect(statSync(join(memory.folder, 'plans', file)).ino).toBe(before);
  });
});
