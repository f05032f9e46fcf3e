// What may happen while somebody thinks about whether a snapshot is to go, and what is asked.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import { SeriesLock } from '../../series/lock/lock.ts';
import { readPin } from '../../series/pins.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { forget, type Forgetting } from './forget.ts';
import { pin, unpin } from './pin.ts';

let lab: SeriesLab;
beforeEach(async () => {
  lab = new SeriesLab();
  for (const night of ['1', '2', '3']) {
    writeFileSync(join(lab.source, 'file'), night);
    await lab.run();
  }
});
afterEach(() => lab.remove());

const now = (): Date => new Date(Date.now() + 30 * 86_400_000);

function series(): Series {
  return new Series(new LocalStore(lab.row.destination), 'data');
}

async function forgotten(
  name: string,
  confirm: (question: Forgetting) => Promise<void>,
): Promise<string | undefined> {
  try {
    await forget(series(), name, { now, note: () => {}, confirm });
    return undefined;
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return error.message;
  }
}

it('is told whether it is the newest one', async () => {
  const asked: unknown[] = [];
  for (const name of lab.folders())
    await forgotten(name, async ({ isNewest, isLastCopy, snapshot }) => {
      asked.push([snapshot.name, isNewest, isLastCopy]);
      await Promise.reject(new SnapshotError('E_USAGE', 'no'));
    });
  expect(asked).toEqual(lab.folders().map((name, i) => [name, i === 2, false]));
});

it('stays when it was pinned meanwhile, or has become the last one', async () => {
  const [first = '', second = '', third = ''] = lab.folders();
  const why = await forgotten(second, async () => void (await pin(series(), second, 'mine', now())));
  expect(why).toBe(`Snapshot ${second} is pinned (mine)`);
  const others = async (): Promise<void> => {
    await unpin(series(), second, now());
    const all = (await series().survey()).snapshots;
    for (const name of [second, third])
      await series().remove(
        name,
        all.filter((one) => one.name !== name),
      );
  };
  expect(await forgotten(first, others)).toMatch(/is the last one/);
  expect(lab.folders()).toContain(first);
});

it('stays when the lock is lost before it is removed', async () => {
  const [first = ''] = lab.folders();
  const acquire = SeriesLock.acquire.bind(SeriesLock);
  vi.spyOn(SeriesLock, 'acquire').mockImplementation(async (one) => {
    const lock = await acquire(one);
    for (const file of lab.locks()) if (file.startsWith('.lock-')) rmSync(lab.folder(file));
    return lock;
  });
  onTestFinished(() => void vi.restoreAllMocks());
  expect(await forgotten(first, async () => await Promise.resolve())).toMatch(/^The lock of series /);
  expect(lab.folders()).toHaveLength(3);
});

it('has no pin left where it was removed while it was pinned', async () => {
  const [first = ''] = lab.folders();
  const store = new LocalStore(lab.row.destination);
  const list = store.list.bind(store);
  store.list = async (folder, ...more) =>
    (await list(folder, ...more)).filter(({ name }) => folder !== `data/${first}` || name !== 'info.json');
  const slow = new Series(store, 'data');
  await expect(pin(slow, first, 'mine', now())).rejects.toMatchObject({ code: 'E_USAGE' });
  expect(await readPin(series(), first)).toBeUndefined();
});
