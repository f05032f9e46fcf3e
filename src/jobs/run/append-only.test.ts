// A place where nothing may be removed: runs go on as ever, and rotation is left to who may.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import { currentOwner } from '../../host/machine.ts';
import { Series } from '../../series/series.ts';
import { readRuns } from '../../series/read-runs.ts';
import { MemoryObjects } from '../../store/memory-objects.lab.ts';
import { ObjectStore } from '../../store/object-store.ts';
import type { Store } from '../../store/store.ts';
import { verify } from '../verify/verify.ts';
import { SeriesLab } from './series.lab.ts';

class AppendOnly extends MemoryObjects {
  isAllowed = false;

  override async remove(key: string): Promise<void> {
    if (!this.isAllowed) throw new SnapshotError('E_AUTH', `Cannot remove "${key}": access denied`);
    await super.remove(key);
  }
}

interface Bucket {
  readonly lab: SeriesLab;
  readonly objects: AppendOnly;
  readonly open: () => Store;
  readonly series: Series;
  /** So many more nights, each with a change. */
  readonly nights: (count: number) => Promise<void>;
}

function bucket(): Bucket {
  const lab = new SeriesLab();
  onTestFinished(() => lab.remove());
  lab.row = { ...lab.row, destination: 'memory://test', keep: { last: 2 } };
  const objects = new AppendOnly();
  const open = (): Store => new ObjectStore(objects.label, async () => await Promise.resolve(objects));
  let night = 0;
  const nights = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      writeFileSync(join(lab.source, 'file'), `night ${night++}`);
      expect(await lab.run({ open })).toMatchObject({ outcome: 'written', status: 0, error: null });
    }
  };
  return { lab, objects, open, series: new Series(open(), 'data'), nights };
}

function locksIn({ kept }: MemoryObjects): readonly string[] {
  return [...kept.keys()].filter((key) => key.includes('/.'));
}

const LEFT_TO_OTHERS =
  'nothing is rotated out, as nothing may be removed in "memory://test?some=option": that is left to who may';

describe('a place where nothing may be removed', () => {
  it('gets its snapshots each night, and none of them is marked to go', async () => {
    const { lab, objects, open, series, nights } = bucket();
    await nights(5);
    expect(await lab.run({ open })).toMatchObject({ outcome: 'unchanged', status: 0 });
    const { snapshots, damaged, unfinished } = await series.survey();
    expect([snapshots.length, damaged, unfinished]).toEqual([5, [], []]);
    // From the third night on, one of them would be due.
    expect(lab.notes()).toEqual([LEFT_TO_OTHERS, LEFT_TO_OTHERS, LEFT_TO_OTHERS]);
    expect([...objects.kept.keys()].filter((key) => key.endsWith('LET-GO'))).toEqual([]);
    const { end } = await verify(series, {
      at: undefined,
      level: 'full',
      signal: new AbortController().signal,
      report: () => {},
    });
    expect(end).toMatchObject({ status: 0, damages: 0, lost: 0 });
  });

  it('takes a change that a guard holds back when the user accepts it, for good', async () => {
    const { lab, open, nights } = bucket();
    const put = (folder: string, text: string): void => {
      mkdirSync(join(lab.source, folder), { recursive: true });
      for (let n = 0; n < 120; n++)
        writeFileSync(join(lab.source, folder, String(n)), `${folder} ${n} ${text}`);
    };
    for (const folder of ['one', 'two']) put(folder, 'first');
    await nights(1);
    const night = async (acceptChanges: boolean): Promise<unknown> => {
      writeFileSync(join(lab.source, 'more'), String(Math.random()));
      const { status, guards, error } = await lab.run({ open, acceptChanges });
      return { status, guards: guards.map(({ guard }) => guard), error };
    };
    const held = { status: 4, guards: ['mass-change'], error: null };
    const fine = { status: 0, guards: [], error: null };
    for (const folder of ['one', 'two']) {
      put(folder, 'second');
      expect(await night(false)).toEqual(held);
      expect(await night(false)).toEqual(held);
      expect(await night(true)).toEqual(fine);
      expect(await night(false)).toEqual(fine);
    }
  });

  it('is rotated by who may, who also removes the locks that have ended', async () => {
    const { objects, series, nights } = bucket();
    await nights(4);
    const ended = locksIn(objects).filter((key) => key.endsWith('.ended'));
    expect(ended.length).toBeGreaterThanOrEqual(4);
    objects.isAllowed = true;
    await nights(1);
    expect((await series.survey()).snapshots).toHaveLength(2);
    expect(locksIn(objects)).toEqual([]);
  });

  it('is not locked by a run that was killed, and keeps a living one to itself', async () => {
    const { lab, objects, open, series, nights } = bucket();
    await nights(1);
    const dead = { ...currentOwner(), pid: 1, started: 'long ago' };
    const lock = { owner: dead, held: true, since: '2026-11-19T02:00:00.000Z' };
    await series.store.put('data/.lock-0123456789abcdef', Buffer.from(`${JSON.stringify(lock)}\n`));
    await nights(1);
    expect(objects.kept.has('data/.lock-0123456789abcdef.ended')).toBe(true);
    const living = { ...lock, owner: { ...currentOwner(), machine: 'another', host: 'other' } };
    await series.store.put('data/.lock-fedcba9876543210', Buffer.from(`${JSON.stringify(living)}\n`));
    writeFileSync(join(lab.source, 'file'), 'more');
    expect(await lab.run({ open })).toMatchObject({ outcome: 'failed', error: { code: 'E_LOCKED' } });
  });

  it('is in nobody’s way with what was cut short there', async () => {
    const { open, lab, series, nights } = bucket();
    await nights(1);
    await series.store.put('data/names.json.part', Buffer.from('{'));
    expect((await series.survey()).parts).toEqual(['names.json.part']);
    await nights(1);
    expect(await lab.run({ open })).toMatchObject({ outcome: 'unchanged', status: 0 });
  });

  it('has a log whose lines are each read once, however many objects they are', async () => {
    const { series } = bucket();
    const started = '2026-11-19T02:00:00.000Z';
    for (let i = 0; i < 230; i++)
      await series.store.appendLine(
        'data/runs.jsonl',
        JSON.stringify({ outcome: 'drill', started, result: 'passed' }),
      );
    expect((await readRuns(series)).records).toHaveLength(230);
  });
});
