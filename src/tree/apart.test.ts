import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { apartBelow, findApart, identify, isApart } from './apart.ts';

it('leaves out a folder that is there by itself, and one that is not there yet by the folder above it, which stays', async () => {
  const root = mkdtempSync(join(tmpdir(), 'snapshot-apart-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const [series, other] = [join(root, 'series'), join(root, 'other')];
  for (const folder of [series, other]) mkdirSync(folder);
  symlinkSync('series', join(root, 'link'));
  const id = await identify(series);
  if (id === undefined) throw new Error('it is there');
  const own = { ...id, way: [], what: 'is the series' };
  const below = { ...id, way: ['not', 'yet'], what: 'will be one' };
  const look = (path: string): unknown[] => {
    const stats = statSync(path, { bigint: true });
    return [findApart([below, own], stats, path), apartBelow([below, own], stats, path)];
  };
  expect(look(series)).toEqual([own, [below]]);
  expect(look(other)).toEqual([undefined, []]);
  const paths = ['series', 'link', 'other', 'gone'].map((name) => join(root, name));
  expect(paths.map((path) => isApart([own], path))).toEqual([true, true, false, false]);
  expect(paths.map((path) => isApart([below], path))).toEqual([false, false, false, false]);
  expect(await identify(join(root, 'gone'))).toBeUndefined();
});
