// A guard against mass change that looks at each folder of weight, and over several nights.
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RowEnd } from '../events.ts';
import type { Snapshot } from '../../series/series.ts';
import { windowBegin } from './mass-change.ts';
import type { RunOptions } from './run.ts';
import { SeriesLab } from './series.lab.ts';

let lab: SeriesLab;
beforeEach(() => {
  lab = new SeriesLab();
  lab.row = { ...lab.row, keep: { last: 4 } };
});
afterEach(() => {
  lab.remove();
});

function at(path: string): string {
  return join(lab.source, path);
}

/** Files number `from` to `to` of a folder. */
function put(folder: string, from: number, to: number, text = ''): void {
  mkdirSync(at(folder), { recursive: true });
  for (let n = from; n < to; n++) writeFileSync(at(`${folder}/${n}.txt`), `${folder} ${n} ${text}`);
}

async function run(options: Partial<RunOptions> = {}): Promise<RowEnd> {
  return await lab.run({ acceptChanges: false, ...options });
}

const HELD = { status: 4, guards: [{ guard: 'mass-change' }], removed: [] };
const FINE = { status: 0, guards: [] };

describe('a folder of weight', () => {
  beforeEach(async () => {
    put('Documents', 0, 120);
    put('Pictures', 0, 300);
    expect(await run()).toMatchObject(FINE);
  });

  it.each<[string, () => void]>([
    ['is emptied', () => rmSync(at('Documents'), { recursive: true })],
    ['is encrypted in place', () => put('Documents', 0, 120, 'encrypted')],
    [
      'is encrypted under other names',
      () => {
        rmSync(at('Documents'), { recursive: true });
        put('Documents/locked', 0, 120, 'encrypted');
      },
    ],
    [
      'is a link now',
      () => {
        rmSync(at('Documents'), { recursive: true });
        symlinkSync('elsewhere', at('Documents'));
      },
    ],
  ])('that %s is told, with its name and examples, and accepted by its path', async (_, change) => {
    change();
    expect(await run({ dryRun: true })).toMatchObject(HELD);
    const end = await run();
    expect(end).toMatchObject({ ...HELD, outcome: 'written' });
    expect(end.guards[0]?.message).toMatch(
      /^120 of 120 files in "Documents" are gone or modified since .*"Documents\/0\.txt"/,
    );
    expect(end.guards[0]?.hint).toContain('--accept-changes=Documents`');
    expect(await run()).toMatchObject({ ...HELD, outcome: 'unchanged' });
    expect(await run({ acceptPaths: ['Pictures'] })).toMatchObject({ outcome: 'failed', status: 2 });
    expect(await run()).toMatchObject(HELD);
    expect(await run({ acceptPaths: ['Documents'] })).toMatchObject({ ...FINE, outcome: 'unchanged' });
    expect(lab.notes().at(-1)).toMatch(/^accepted: 120 of 120 files in "Documents"/);
    // What was accepted is not told again, though the week began before it.
    put('Pictures', 0, 1, 'other');
    expect(await run()).toMatchObject({ ...FINE, outcome: 'written' });
  });

  it('is accepted at once by its path, and nothing is left of it when no guard is about the path', async () => {
    rmSync(at('Documents'), { recursive: true });
    expect(await run({ acceptPaths: ['Documents/none'] })).toMatchObject({ outcome: 'failed', status: 2 });
    expect(lab.folders()).toHaveLength(1);
    expect(await run({ acceptPaths: ['Documents'] })).toMatchObject({ ...FINE, outcome: 'written' });
    expect(lab.info(lab.folders().at(-1) ?? '').guards).toEqual(['mass-change']);
    put('Pictures', 0, 1, 'other');
    expect(await run()).toMatchObject(FINE);
  });

  it('is no matter when it was moved, or was made by programs, or is of no weight', async () => {
    renameSync(at('Documents'), at('Papers'));
    put('Pictures/node_modules', 0, 300);
    put('Pictures/small', 0, 50);
    // Of those that hold nothing, nothing can be lost.
    mkdirSync(at('Empty'));
    for (let n = 0; n < 120; n++) writeFileSync(at(`Empty/${n}`), '');
    expect(await run()).toMatchObject(FINE);
    rmSync(at('Pictures/node_modules'), { recursive: true });
    rmSync(at('Pictures/small'), { recursive: true });
    expect(await run()).toMatchObject(FINE);
    rmSync(at('Empty'), { recursive: true });
    expect(await run()).toMatchObject(FINE);
  });
});

describe('several nights', () => {
  it('that change a third each are told on the second, against the snapshot with which the week began', async () => {
    put('a', 0, 200);
    put('b', 0, 400);
    await run();
    const begin = lab.folders()[0];
    put('b', 0, 200, 'encrypted');
    expect(await run()).toMatchObject(FINE);
    put('b', 200, 400, 'encrypted');
    const end = await run();
    expect(end).toMatchObject({ ...HELD, outcome: 'written' });
    expect(end.guards[0]?.message).toContain(`400 of 600 files are gone or modified since ${begin}`);
    expect(await run({ acceptChanges: true })).toMatchObject(FINE);
    put('a', 0, 1, 'other');
    expect(await run()).toMatchObject(FINE);
  });

  it('that change a few files each are told when together they are much', async () => {
    put('a', 0, 300);
    await run();
    for (const from of [0, 60]) {
      put('a', from, from + 60, 'encrypted');
      expect(await run()).toMatchObject(FINE);
    }
    put('a', 120, 180, 'encrypted');
    const end = await run();
    expect(end).toMatchObject(HELD);
    expect(end.guards[0]?.message).toContain('180 of 300 files');
  });

  it('are held against each other by their changes, where all have one index', async () => {
    put('a', 0, 300);
    put('b', 0, 2000);
    const one = { smallIndexBytes: 0 };
    await run(one);
    for (const from of [0, 60]) {
      put('a', from, from + 60, 'encrypted');
      expect(await run(one)).toMatchObject(FINE);
    }
    const indexes = lab.folders().map((snapshot) => lab.info(snapshot).index.sha256);
    expect(new Set(indexes).size).toBe(1);
    put('a', 120, 180, 'encrypted');
    const end = await run(one);
    expect(end).toMatchObject(HELD);
    expect(end.guards[0]?.message).toContain('180 of 300 files');
  });

  it('are held against each other by the changes of both: what came after the index, and went bit by bit', async () => {
    put('b', 0, 2000);
    await run({ smallIndexBytes: 0 });
    const night = async (days: number): Promise<RowEnd> =>
      await run({ smallIndexBytes: 0, now: () => new Date(Date.now() + days * 86_400_000) });
    put('c', 0, 150);
    expect(await night(10)).toMatchObject(FINE);
    for (const [days, from, to] of [
      [11, 0, 60],
      [12, 60, 90],
    ] as const) {
      for (let n = from; n < to; n++) rmSync(at(`c/${n}.txt`));
      expect(await night(days)).toMatchObject(FINE);
    }
    for (let n = 90; n < 135; n++) rmSync(at(`c/${n}.txt`));
    const end = await night(13);
    expect(end).toMatchObject(HELD);
    expect(end.guards[0]?.message).toContain('135 of 150 files');
  });

  it('that change the same files each time are no matter', async () => {
    put('a', 0, 300);
    await run();
    for (let night = 0; night < 5; night++) {
      put('a', 0, 120, `night ${night}`);
      expect(await run()).toMatchObject({ ...FINE, outcome: 'written' });
    }
  });

  it('are compared with no snapshot that is older than a week, but with the third last in any case', async () => {
    put('a', 0, 300);
    await run();
    for (let part = 0; part < 10; part++) {
      put('a', part * 30, part * 30 + 30, 'other');
      // A quarter of what there is in two snapshots, a third in a week.
      expect(
        await run({ now: () => new Date(Date.now() + part * 3 * 86_400_000 + 86_400_000) }),
      ).toMatchObject(FINE);
    }
  });
});

describe('windowBegin()', () => {
  const now = new Date('2026-11-20T02:00:00Z');

  /** Snapshots so many days ago; a `!` after one: a mass change was told. */
  function begin(...days: readonly string[]): string | undefined {
    const snapshots = days.map((day) => {
      const when = new Date(now.getTime() - Number.parseFloat(day) * 86_400_000);
      return {
        name: day,
        at: when,
        info: { guards: day.endsWith('!') ? ['mass-change'] : [] },
      } as unknown as Snapshot;
    });
    return windowBegin(snapshots, now)?.name;
  }

  it.each<[readonly string[], string | undefined]>([
    [['9', '8', '7', '6', '5', '1'], '7'],
    [['9', '8', '7.01', '6', '5', '4', '1'], '6'],
    [['90', '60', '30', '1'], '60'],
    [['90', '60', '30'], '90'],
    [['2', '1'], '2'],
    [['1'], undefined],
    [[], undefined],
    [['6', '5!', '4', '1'], '5!'],
    [['6!', '5', '4!', '1'], '4!'],
    [['3', '2', '1!'], undefined],
  ])('of %j is %s', (days, expected) => {
    expect(begin(...days)).toBe(expected);
  });
});
