import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readAccepted } from '../../series/accepted.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { accept, takeBack } from './accept.ts';

let lab: SeriesLab;
let series: Series;
beforeEach(() => {
  lab = new SeriesLab();
  mkdirSync(lab.folder(), { recursive: true });
  series = new Series(new LocalStore(lab.row.destination), 'data');
});
afterEach(() => lab.remove());

const [FIRST, SECOND] = [new Date('2026-11-28T02:00:00Z'), new Date('2026-11-29T02:00:00Z')];

async function paths(): Promise<readonly string[]> {
  return (await readAccepted(series)).map(({ path }) => path);
}

it('is accepted once, however it is spelled, with the last reason and time', async () => {
  await accept(series, 'a/b', 'first', lab.source, FIRST);
  await accept(series, 'c', 'other', lab.source, FIRST);
  await accept(series, join(lab.source, 'x/../a/b'), 'second', lab.source, SECOND);
  expect(await readAccepted(series)).toEqual([
    { path: 'c', reason: 'other', since: FIRST.toISOString() },
    { path: 'a/b', reason: 'second', since: SECOND.toISOString() },
  ]);
  await takeBack(series, './a/b', lab.source);
  expect(await paths()).toEqual(['c']);
  await expect(takeBack(series, 'a/b', lab.source)).rejects.toMatchObject({
    message: '"a/b" is not accepted',
    hint: 'These are: "c".',
  });
});

it('is of the source: what lies beside it is refused, also where its name begins alike', async () => {
  for (const text of ['..', '../source-too', `${lab.source}-too`, '/'])
    await expect(accept(series, text, '', lab.source, FIRST)).rejects.toMatchObject({ code: 'E_USAGE' });
  await accept(series, '..hidden', '', lab.source, FIRST);
  await accept(series, '.', '', lab.source, FIRST);
  await accept(series, String.raw`caf\xe9`, '', lab.source, FIRST);
  expect(await paths()).toEqual(['..hidden', '', 'caf\xe9']);
});
