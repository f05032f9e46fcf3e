import { expect, it } from 'vitest';
import type { Series, Survey } from '../../series/series.ts';
import { newNames } from './new-names.ts';

const STARTED = new Date('2026-11-20T02:00:00Z');
const TAKEN = '2026-11-20T02-00-00Z';
const NOTHING = { snapshots: [], unfinished: [], kept: [], damaged: [], foreign: [] };

it.each<[string, object]>([
  ['a snapshot', { snapshots: [{ name: TAKEN, info: { archives: [] } }] }],
  ['what a run has left unfinished', { unfinished: [TAKEN] }],
  ['what rotation had to leave', { kept: [TAKEN] }],
  ['what is damaged', { damaged: [{ name: TAKEN }] }],
  ['what is no folder', { foreign: [TAKEN] }],
])(
  'a new snapshot takes neither the name of %s, nor for its archives a date that is in names there',
  async (_, seen) => {
    const dates = [TAKEN, '2026-11-20T02-00-01Z'];
    const series = { archiveDates: async () => await Promise.resolve(dates) } as unknown as Series;
    const survey = { ...NOTHING, ...seen } as unknown as Survey;
    const { snapshot, archiveDate } = await newNames(series, survey, STARTED);
    expect(snapshot).toBe('2026-11-20T02-00-01Z');
    const isBroken = ['unfinished', 'kept', 'damaged'].some((kind) => kind in seen);
    expect(archiveDate > '2026-11-20T02-00-01Z').toBe(isBroken);
  },
);
