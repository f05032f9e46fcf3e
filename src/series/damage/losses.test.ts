import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { SeriesLab } from '../../jobs/run/series.lab.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { Series, type Snapshot } from '../series.ts';
import { type Flaw, placeOf, writeDamage } from './damage.ts';
import { findLosses, hashKey } from './losses.ts';
import { archivePlaces, findLostContents } from './lost-contents.ts';

let series: Series;
let snapshots: readonly Snapshot[];
/** All archives are missing, and of the first one somebody knows. */
let flaws: Map<string, Flaw>;
/** Of `a`, which is in the first archive, and `b`. */
let hashes: readonly (Uint8Array | undefined)[];

beforeEach(async () => {
  const lab = new SeriesLab();
  onTestFinished(() => lab.remove());
  for (const name of ['a', 'b']) {
    writeFileSync(join(lab.source, name), name);
    await lab.run();
  }
  series = new Series(new LocalStore(lab.row.destination), 'data');
  ({ snapshots } = await series.survey());
  const flaw = { kind: 'missing', what: 'is missing', contents: null, by: 'run', since: '' } as const;
  flaws = new Map();
  for (const { name, info } of snapshots)
    for (const archive of info.archives)
      flaws.set(placeOf(name, archive), { ...flaw, shared: false, accepted: archive.number === 0 });
  const [, newest] = snapshots;
  if (newest === undefined) throw new Error('there are two snapshots');
  hashes = [...(await series.entries(newest))].flatMap(({ entry, hash }) =>
    entry.type === 'file' ? [hash] : [],
  );
});

it('what is lost is told beside what is lost and accepted, in one snapshot', async () => {
  const { losses } = await findLosses(series, snapshots, flaws);
  expect(losses).toEqual([{ snapshot: snapshots.at(-1)?.name, files: 1, paths: ['b'] }]);
});

it('what is sound elsewhere is not lost', async () => {
  const [, b = new Uint8Array()] = hashes;
  expect((await findLosses(series, snapshots, flaws, new Set([hashKey(b)]))).losses).toEqual([]);
});

it('nobody can have what is lost, whether or not that was accepted', async () => {
  await writeDamage(series, { flaws, losses: [] });
  const lost = await findLostContents(series, snapshots, new Set(snapshots.flatMap(archivePlaces)));
  expect([...hashes, undefined].map(lost.has)).toEqual([true, true, false]);
});
