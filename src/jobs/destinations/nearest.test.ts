import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { SeriesLab } from '../run/series.lab.ts';
import { nearestOf } from './nearest.ts';

it('is the first folder of this machine, whatever the plan names before it; the others follow in the same order', async () => {
  const lab = new SeriesLab();
  onTestFinished(() => lab.remove());
  writeFileSync(join(lab.source, 'file'), 'text');
  await lab.run();
  const second = join(lab.root, 'second');
  cpSync(lab.row.destination, second, { recursive: true });
  // Nobody asks there, as something nearer answers.
  const far = { ...lab.row, destination: 'sftp://nobody@127.0.0.1:1/backup' };
  const rows = [far, { ...lab.row, destination: second }, lab.row] as const;
  const { series, others } = await nearestOf(rows, async () => await Promise.resolve(undefined));
  expect([series, ...others].map(({ store }) => store.label)).toEqual([
    second,
    lab.row.destination,
    expect.stringContaining('127.0.0.1') as string,
  ]);
});
