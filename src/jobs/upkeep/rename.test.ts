// A series that gets another name.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FileCalls, files, interpose } from '../../base/file-calls.ts';
import { hasExfat, mountedExfat } from '../../../test/support/exfat.ts';
import { loadPlan } from '../../plan/plan.ts';
import { readFormerNames } from '../../series/former-names.ts';
import { SeriesLock } from '../../series/lock/lock.ts';
import { SharedLock } from '../../series/lock/shared-lock.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import type { RowEnd } from '../events.ts';
import { run } from '../run/run.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { type KnownSeries, Memory } from '../status/memory.ts';
import { goneRows, rememberRows } from '../status/plan-memory.ts';
import { type Renamed, rename } from './rename.ts';

let lab: SeriesLab;
let memory: Memory;
let notes: string[];
let calls: FileCalls;
let nights: number;

beforeEach(() => {
  lab = new SeriesLab();
  memory = new Memory(join(lab.root, 'state'));
  notes = [];
  calls = files;
  nights = 0;
  writeFileSync(join(lab.source, 'a'), 'one');
  writePlan(`source,destination,name,keep`, `${lab.source},${lab.row.destination},data,2`);
});
afterEach(() => {
  interpose(() => calls);
  lab.remove();
});

function planFile(): string {
  return join(lab.root, 'plan.csv');
}

function writePlan(...lines: readonly string[]): void {
  writeFileSync(planFile(), lines.map((line) => `${line}\n`).join(''));
}

function planText(): string {
  return readFileSync(planFile(), 'utf8');
}

function at(...parts: readonly string[]): string {
  return join(lab.row.destination, ...parts);
}

function series(name: string): Series {
  return new Series(new LocalStore(lab.row.destination), name);
}

/** A night of the whole plan, a day later each time. */
async function night(acceptChanges = false): Promise<RowEnd> {
  nights++;
  const now = new Date(Date.now() + nights * 86_400_000);
  const [end] = await run(await loadPlan(planFile()), {
    only: [],
    dryRun: false,
    jobs: 1,
    rehash: false,
    acceptChanges,
    signal: new AbortController().signal,
    report: (event) => lab.events.push(event),
    now: () => now,
    memory,
  });
  if (end === undefined) throw new Error('no row ended');
  return end;
}

function known(name: string): KnownSeries {
  return { name, waitingSince: null, records: [] };
}

async function to(name: string, from = 'data'): Promise<Renamed> {
  return await rename(from, name, {
    plan: planFile(),
    memory,
    recall: async (place) => await memory.find(place),
    now: new Date(),
    note: (text) => notes.push(text),
  });
}

describe('rename()', () => {
  it('moves the series with its history: nothing is stored anew, and rotation takes what is old', async () => {
    await night();
    writeFileSync(join(lab.source, 'b'), 'two');
    await night();
    const before = readdirSync(at('data'));
    const { byHand } = await to('papers');
    expect([byHand, notes]).toEqual([undefined, []]);
    expect(planText()).toContain(',papers,2\n');
    expect(readdirSync(at()).filter((name) => name !== 'snapshot-disk.json')).toEqual(['papers']);
    expect(readdirSync(at('papers')).toSorted()).toEqual([...before, 'names.json'].toSorted());
    expect(await readFormerNames(series('papers'))).toEqual(['data']);
    expect(await night()).toMatchObject({ row: 'papers', outcome: 'unchanged' });
    for (const text of ['three', 'four']) {
      writeFileSync(join(lab.source, 'c'), text);
      expect(await night()).toMatchObject({ outcome: 'written', error: null, guards: [], status: 0 });
    }
    const { snapshots, damaged, unfinished } = await series('papers').survey();
    expect([snapshots.length, damaged, unfinished]).toEqual([2, [], []]);
    expect(readdirSync(at('papers')).filter((name) => /^\d/.test(name))).toHaveLength(2);
    expect(lab.notes()).toEqual([]);
    // What is old is there still, under its old name.
    const archives = snapshots.at(-1)?.info.archives.map(({ file }) => file.replace(/-.*/, ''));
    expect(new Set(archives)).toEqual(new Set(['data', 'papers']));
  });

  it('has this machine know it by its new name only', async () => {
    await night();
    await rememberRows(memory, planFile(), (await loadPlan(planFile())).rows, () => {});
    await memory.update(lab.row.destination, (one) => ({ ...one, series: ['x', 'data'].map(known) }));
    await to('papers');
    expect((await memory.find(lab.row.destination))?.series).toEqual(['x', 'papers'].map(known));
    expect(await goneRows(memory, await loadPlan(planFile()))).toEqual([]);
    rmSync(planFile());
    writePlan('source,destination,name', `${lab.source},${lab.row.destination},other`);
    expect(await goneRows(memory, await loadPlan(planFile()))).toMatchObject([{ name: 'papers' }]);
  });

  it('goes there and back again, and case alone', async () => {
    await night();
    await to('Data');
    await to('papers', 'Data');
    await to('data', 'papers');
    expect(await readFormerNames(series('data'))).toEqual(['data', 'Data', 'papers']);
    expect(await night()).toMatchObject({ outcome: 'unchanged', row: 'data' });
  });

  it('keeps the mode of the plan, and a link to it', async () => {
    await night();
    const real = join(lab.root, 'real.csv');
    renameSync(planFile(), real);
    symlinkSync(real, planFile());
    chmodSync(real, 0o640);
    await to('papers');
    expect(readFileSync(real, 'utf8')).toContain(',papers,');
    expect([statSync(real).mode & 0o777, readdirSync(lab.root).includes('real.csv.part')]).toEqual([
      0o640,
      false,
    ]);
  });

  it.each<[string, string, readonly string[]]>([
    ['column `name`', 'line 2', ['source,destination', 'SOURCE,DEST']],
    ['a row of its own', 'is a glob', ['source,destination,name', 'ROOT/sour*,DEST,']],
  ])('says what to write where the plan cannot be rewritten: %s, %s', async (one, two, lines) => {
    const text = (line: string): string =>
      line.replace('SOURCE', lab.source).replace('DEST', lab.row.destination).replace('ROOT', lab.root);
    writePlan(...lines.map(text));
    await night();
    const before = planText();
    const { byHand } = await to('papers', 'source');
    expect([planText(), byHand]).toEqual([before, expect.stringContaining(one)]);
    expect(byHand).toContain(two);
    // Until that is done, nothing is stored anew.
    expect(await night()).toMatchObject({
      outcome: 'failed',
      status: 4,
      guards: [{ guard: 'renamed', hint: expect.stringContaining('rename source papers') as string }],
    });
    expect(readdirSync(at())).not.toContain('source');
    writePlan('source,destination,name', `${lab.source},${lab.row.destination},papers`);
    expect(await night()).toMatchObject({ outcome: 'unchanged' });
  });

  it('lets the old name be used again, where that is accepted', async () => {
    await night();
    await to('papers');
    writePlan('source,destination,name', `${lab.source},${lab.row.destination},data`);
    expect(await night()).toMatchObject({ outcome: 'failed', guards: [{ guard: 'renamed' }] });
    expect(await night(true)).toMatchObject({ outcome: 'written' });
    expect(await night()).toMatchObject({ outcome: 'unchanged' });
  });

  it('goes on with what somebody has moved by hand', async () => {
    await night();
    await memory.update(lab.row.destination, (one) => ({ ...one, series: [known('data')] }));
    renameSync(at('data'), at('papers'));
    await to('papers');
    expect(await readFormerNames(series('papers'))).toEqual(['data']);
    expect((await memory.find(lab.row.destination))?.series).toEqual([known('papers')]);
    expect(await night()).toMatchObject({ row: 'papers', outcome: 'unchanged' });
  });

  it('says which other destinations of the row are to be told, and stores nothing anew there either', async () => {
    const other = join(lab.root, 'other');
    writePlan('source,destination,name', `${lab.source},${lab.row.destination} | ${other},data`);
    await night();
    await to('papers', at('data'));
    expect(notes).toEqual([expect.stringContaining(`\`snapshot rename ${join(other, 'data')} papers\``)]);
    await to('papers', join(other, 'data'));
    expect(notes).toHaveLength(1);
    expect(await night()).toMatchObject({
      row: expect.stringContaining('papers') as string,
      outcome: 'unchanged',
    });
    expect(readdirSync(other)).toEqual(['papers']);
  });

  it('takes a folder for a series, without a plan', async () => {
    await night();
    rmSync(planFile());
    const { byHand } = await to('papers', at('data'));
    expect([byHand, existsSync(at('papers', 'runs.jsonl'))]).toEqual([undefined, true]);
    // Once more, as after one that was cut short.
    expect(await to('papers', at('data'))).toMatchObject({ from: 'data' });
  });
});

describe.skipIf(!hasExfat)('rename() on a disk that ignores case (needs root and exfat-fuse)', () => {
  let undo: () => void;
  beforeEach(() => {
    mkdirSync(at(), { recursive: true });
    undo = mountedExfat(join(lab.root, 'image'), at());
  });
  afterEach(() => undo());

  it('changes case alone, and replaces nothing', async () => {
    await night();
    await to('DATA');
    expect(readdirSync(at()).filter((name) => name !== 'snapshot-disk.json')).toEqual(['DATA']);
    expect(await night()).toMatchObject({ row: 'DATA', outcome: 'unchanged' });
    mkdirSync(at('papers'));
    await expect(to('Papers', 'DATA')).rejects.toMatchObject({
      message: `"${at('papers')}" is there already`,
    });
    await to('photos', 'DATA');
    expect(readdirSync(at())).toContain('photos');
    expect(await night()).toMatchObject({ row: 'photos', outcome: 'unchanged' });
  });
});

describe('rename() refuses, and leaves everything as it was,', () => {
  let before: readonly string[];
  let plan: string;
  beforeEach(async () => {
    await night();
    before = readdirSync(lab.root, { recursive: true, encoding: 'utf8' }).toSorted();
    plan = planText();
  });

  async function refused(work: Promise<unknown>, code: string, message: string, hint = ''): Promise<void> {
    await expect(work).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
    if (hint !== '')
      await expect(work).rejects.toMatchObject({ hint: expect.stringContaining(hint) as string });
    expect(planText()).toBe(plan);
    expect(readdirSync(lab.root, { recursive: true, encoding: 'utf8' }).toSorted()).toEqual(before);
  }

  it.each([
    ['a/b', 'has one of'],
    ['nul', 'is a device name'],
    ['-x', 'begins with "-"'],
    ['', 'is no name'],
  ])('the name %j', async (name, message) => {
    await refused(to(name), 'E_USAGE', message);
  });

  it('its own name, and a series that is not there', async () => {
    await refused(to('data'), 'E_USAGE', 'is called so already');
    await refused(to('papers', 'nothing'), 'E_USAGE', 'No row of');
    await refused(to('papers', at('nothing')), 'E_USAGE', 'There is no folder');
  });

  it.each(['papers', 'PAPERS'])('what is there already: %s', async (name) => {
    mkdirSync(at('papers'));
    before = [...before, join('destination', 'papers')].toSorted();
    await refused(to(name), 'E_USAGE', '/papers" is there already');
  });

  it('a name that another row of the plan has', async () => {
    plan = `${plan}/none/x,/none/y,photos,\n/none/x,${lab.row.destination},Papers,\n`;
    writeFileSync(planFile(), plan);
    await refused(to('papers'), 'E_PLAN', 'Cannot use the plan');
    expect(await to('photos')).toMatchObject({ from: 'data' });
  });

  it('a series that is locked, or read', async () => {
    const lock = await SeriesLock.acquire(series('data'));
    await expect(to('papers')).rejects.toMatchObject({ code: 'E_LOCKED' });
    await lock.release();
    const reader = await SharedLock.acquire(series('data'), () => {});
    await expect(to('papers')).rejects.toMatchObject({
      code: 'E_LOCKED',
      message: expect.stringContaining('is read by') as string,
    });
    await reader?.release(() => {});
    await refused(
      Promise.reject(new Error('x')).catch(async () => await to('data')),
      'E_USAGE',
      'so already',
    );
  });

  it('what belongs to another machine or source', async () => {
    const owner = { host: 'other', source: lab.source };
    writeFileSync(at('data', 'owner.json'), JSON.stringify(owner));
    before = [...before, join('destination', 'data', 'owner.json')].toSorted();
    await refused(to('papers'), 'E_GUARD', 'belongs to', '--adopt');
    await refused(to('papers', at('data')), 'E_GUARD', 'belongs to');
    rmSync(planFile());
    await expect(to('papers', at('data'))).rejects.toMatchObject({ code: 'E_GUARD' });
    writeFileSync(planFile(), plan);
    writeFileSync(
      at('data', 'owner.json'),
      JSON.stringify({ ...owner, host: hostname(), source: '/elsewhere' }),
    );
    await refused(to('papers'), 'E_GUARD', 'belongs to');
  });

  it('when the new plan cannot be written', async () => {
    interpose((real) => ({
      ...real,
      open: async (path, ...rest) => {
        if (String(path).endsWith('plan.csv.part'))
          throw Object.assign(new Error('full'), { code: 'ENOSPC', syscall: 'open' });
        return await real.open(path, ...rest);
      },
    }));
    await refused(to('papers'), 'E_SPACE', 'plan.csv.part');
  });
});

/** Lets no call do anything from the n-th on, as after a kill. @returns Whether it came so far. */
function killAt(n: number): { readonly isReached: () => boolean } {
  let count = 0;
  interpose((real) => {
    const dead = (name: string) => {
      const call = (real as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[name];
      return async (...args: unknown[]) => {
        if (count++ >= n) throw Object.assign(new Error('killed'), { code: 'EIO', syscall: name });
        return await call?.(...args);
      };
    };
    const names = ['link', 'lstat', 'mkdir', 'open', 'readdir', 'rename', 'rmdir', 'statfs', 'unlink'];
    return { ...real, ...Object.fromEntries(names.map((name) => [name, dead(name)])) };
  });
  return { isReached: () => count > n };
}

describe('rename(), killed at any moment,', () => {
  it('is whole or not at all, a run stores nothing anew, and the next try ends it', async () => {
    await night();
    const source = readdirSync(at('data')).find((name) => /^\d/.test(name)) ?? '';
    let n = 0;
    const seen = new Set<string>();
    for (let isReached = true; isReached; n++) {
      const kill = killAt(n);
      const failed = await to('papers').then(
        () => false,
        () => true,
      );
      interpose(() => calls);
      isReached = kill.isReached();
      const moved = existsSync(at('papers', source, 'info.json'));
      expect(existsSync(at('data', source, 'info.json'))).toBe(!moved);
      const isPlanned = planText().includes(',papers,');
      const state = `${moved ? 'moved' : 'there'}, ${isPlanned ? 'planned' : 'as it was'}`;
      if (!seen.has(state)) {
        const end = await night();
        if (moved === isPlanned) expect(end).toMatchObject({ outcome: 'unchanged', error: null });
        else expect(end).toMatchObject({ outcome: 'failed', guards: [{ guard: 'renamed' }] });
      }
      if (failed) await to('papers');
      expect(planText()).toContain(',papers,');
      if (!seen.has(state)) expect(await night()).toMatchObject({ outcome: 'unchanged', row: 'papers' });
      seen.add(state);
      expect(readdirSync(lab.root).filter((name) => name.endsWith('.part'))).toEqual([]);
      expect(readdirSync(at()).filter((name) => name === 'data')).toEqual([]);
      await to('data', 'papers');
    }
    expect(seen).toEqual(new Set(['there, as it was', 'moved, as it was', 'moved, planned']));
    expect(n).toBeGreaterThan(30);
  }, 120_000);
});
