import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { hurtOf } from './copy-plan.ts';
import { FilesThere } from './files-there.ts';

let lab: SeriesLab;
let series: Series;
beforeEach(async () => {
  lab = new SeriesLab();
  writeFileSync(join(lab.source, 'file'), 'text');
  await lab.run();
  series = new Series(new LocalStore(lab.row.destination), 'data');
});
afterEach(() => lab.remove());

it('finds a file that turned out to be damaged no more, and mends what needs it', async () => {
  const survey = await series.survey();
  const [snapshot] = survey.snapshots;
  const [archive] = snapshot?.info.archives ?? [];
  if (snapshot === undefined || archive === undefined) throw new Error('there is a snapshot');
  const files = await FilesThere.look(series, survey.snapshots);
  const from = [{ files, snapshots: new Map([[snapshot.name, snapshot]]) }];
  const hurt = (recipients: readonly string[]): readonly [string, number][] =>
    hurtOf(from, survey, files, recipients).map((one) => [one.snapshot.name, one.bytes]);
  const place = files.find(archive) ?? '';
  expect([place, files.bad(), hurt([])]).toEqual([`${snapshot.name}/${archive.file}`, [], []]);
  files.drop(archive);
  expect([files.find(archive), files.isBad(place)]).toEqual([undefined, true]);
  expect(hurt([])).toEqual([[snapshot.name, archive.bytes]]);
  // What is for others there stays as they have it.
  expect(hurt(['age1another'])).toEqual([]);
  files.add(archive, place);
  expect([files.find(archive), hurt([])]).toEqual([place, []]);
});
