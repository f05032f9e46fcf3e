// What is brought to a destination that keeps less than others.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { writePin } from '../../series/pins.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { chooseFor } from './choose.ts';

it('is what its row keeps, and what is pinned', async () => {
  const lab = new SeriesLab();
  onTestFinished(() => lab.remove());
  for (const name of ['a', 'b', 'c']) {
    writeFileSync(join(lab.source, name), name);
    await lab.run();
  }
  const from = new Series(new LocalStore(lab.row.destination), 'data');
  const to = new Series(new LocalStore(join(lab.root, 'other')), 'data');
  const { snapshots } = await from.survey();
  const names = snapshots.map(({ name }) => name);
  const row = { ...lab.row, keep: { last: 1 } };
  const chosen = async (): Promise<readonly string[]> => {
    const wanted = await chooseFor(row, to, from, snapshots, { snapshots: [] }, new Date());
    return wanted.map(({ name }) => name);
  };
  expect(await chosen()).toEqual(names.slice(2));
  await writePin(from, names[0] ?? '', { reason: '', since: '2026-01-01T00:00:00.000Z' });
  expect(await chosen()).toEqual([names[0], names[2]]);
});
