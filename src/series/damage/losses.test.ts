import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { SeriesLab } from '../../jobs/run/series.lab.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { Series } from '../series.ts';
import { type Flaw, placeOf } from './damage.ts';
import { findLosses } from './losses.ts';

it('what is lost is told beside what is lost and accepted, in one snapshot', async () => {
  const lab = new SeriesLab();
  onTestFinished(() => lab.remove());
  for (const name of ['a', 'b']) {
    writeFileSync(join(lab.source, name), name);
    await lab.run();
  }
  const series = new Series(new LocalStore(lab.row.destination), 'data');
  const { snapshots } = await series.survey();
  const [, newest] = snapshots;
  if (newest === undefined) throw new Error('there are two snapshots');
  const flaw = {
    kind: 'missing',
    what: 'is missing',
    contents: null,
    by: 'run',
    since: '',
    shared: false,
  } as const;
  const flaws = new Map<string, Flaw>();
  for (const { name, info } of snapshots)
    for (const archive of info.archives)
      flaws.set(placeOf(name, archive), { ...flaw, accepted: archive.number === 0 });
  const { losses } = await findLosses(series, snapshots, flaws);
  expect(losses).toEqual([{ snapshot: newest.name, files: 1, paths: ['b'] }]);
});
