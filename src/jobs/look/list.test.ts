import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { list } from './list.ts';

async function nobody(): Promise<undefined> {
  return await Promise.resolve(undefined);
}

it('says nothing of an info.json that a run missed, and that is there again', async () => {
  const lab = new SeriesLab();
  onTestFinished(() => lab.remove());
  const flaws = async (): Promise<readonly (readonly string[])[]> => {
    const series = new Series(new LocalStore(lab.row.destination), 'data');
    return (await list({ series, row: lab.row, everyMs: lab.row.every }, nobody, new Date())).snapshots.map(
      (one) => one.flaws,
    );
  };
  for (const text of ['first', 'second']) {
    writeFileSync(join(lab.source, 'file'), text);
    await lab.run();
  }
  const info = lab.folder(lab.folders()[0] ?? '', 'info.json');
  const bytes = readFileSync(info);
  rmSync(info);
  await lab.run();
  expect(await flaws()).toEqual([[]]);
  writeFileSync(info, bytes);
  expect(readFileSync(lab.folder('damage.json'), 'utf8')).toContain('/info.json');
  expect(await flaws()).toEqual([[], []]);
});
