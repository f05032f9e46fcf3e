import { afterEach, beforeEach, expect, it } from 'vitest';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { decideRotation } from './rotate.ts';
import { SeriesLab } from './series.lab.ts';

let lab: SeriesLab;
let here: string | undefined;
beforeEach(() => {
  lab = new SeriesLab();
  here = process.env['TZ'];
  process.env['TZ'] = 'UTC';
});
afterEach(() => {
  lab.remove();
  if (here === undefined) delete process.env['TZ'];
  else process.env['TZ'] = here;
});

it.each([
  ['Pacific/Auckland', ['2026-11-10T12-00-00Z', '2026-11-10T10-00-00Z']],
  ['UTC', ['2026-11-10T12-00-00Z']],
  [undefined, ['2026-11-10T12-00-00Z']],
])('counts the days of a snapshot in the zone that it was taken in: %s', async (zone, kept) => {
  const started = new Date('2026-11-11T12:00:00Z');
  const snapshots = ['2026-11-10T10-00-00Z', '2026-11-10T12-00-00Z'].map((name, i) => {
    const at = new Date(name.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:'));
    return { name, at, info: { zone, sequence: i + 1, time: { started: at.toISOString() } } };
  });
  const series = new Series(new LocalStore(lab.row.destination), 'data');
  const context = { row: { keep: { daily: 7 } }, series, started };
  const survey = { snapshots } as unknown as Parameters<typeof decideRotation>[1];
  const { keep } = await decideRotation(context, survey, undefined);
  expect(keep.map(({ snapshot }) => snapshot.name)).toEqual(kept);
});
