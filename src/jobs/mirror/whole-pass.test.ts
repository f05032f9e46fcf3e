import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readVersions } from '../../mirror/versions.ts';
import { SeriesLab } from '../run/series.lab.ts';

let lab: SeriesLab;
beforeEach(() => {
  lab = new SeriesLab();
  lab.row = { ...lab.row, strategy: 'mirror', keep: { within: 3_600_000 } };
});
afterEach(() => lab.remove());

it('lets no version go while a guard holds something back', async () => {
  const names = Array.from({ length: 12 }, (_, i) => `file ${i}`);
  for (const name of names) writeFileSync(join(lab.source, name), 'one');
  await lab.run();
  writeFileSync(join(lab.source, 'file 0'), 'another one');
  await lab.run();
  for (const name of names.slice(1)) rmSync(join(lab.source, name));
  expect(await lab.run({ acceptChanges: false })).toMatchObject({ guards: [{ guard: 'mass-change' }] });
  expect((await readVersions(lab.folder())).map(({ path }) => path)).toEqual(['file 0']);
  await lab.run({ acceptChanges: true });
  const left = (await readVersions(lab.folder())).map(({ path }) => path);
  expect(left).not.toContain('file 0');
});
