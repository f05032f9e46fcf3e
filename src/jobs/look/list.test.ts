import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Row } from '../../plan/plan.ts';
import { writeDamage } from '../../series/damage/damage.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { pin } from '../upkeep/pin.ts';
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

it('says of an info.json what a verify found in it, and of a pin, also where no plan says what stays', async () => {
  const lab = new SeriesLab();
  onTestFinished(() => lab.remove());
  for (const text of ['first', 'second']) {
    writeFileSync(join(lab.source, 'file'), text);
    await lab.run();
  }
  const [first = '', second = ''] = lab.folders();
  const series = new Series(new LocalStore(lab.row.destination), 'data');
  const now = new Date(Date.now() + 30 * 86_400_000);
  await pin(series, second, 'mine', now);
  const flaw = { kind: 'content', what: 'rotten', contents: null, accepted: false, shared: false } as const;
  const since = now.toISOString();
  const flaws = new Map([
    [`${first}/info.json`, { ...flaw, by: 'full', since }],
    [`${second}/info.json`, { ...flaw, by: 'run', since }],
  ] as const);
  await writeDamage(series, { flaws, losses: [] });
  const listed = async (row?: Row): Promise<unknown> =>
    (await list({ series, row, everyMs: lab.row.every }, nobody, now)).snapshots.map((one) => [
      one.reasons,
      one.pin?.reason,
      one.flaws,
    ]);
  expect(await listed()).toEqual([
    [undefined, undefined, ['info.json rotten']],
    [['pinned'], 'mine', []],
  ]);
  expect(await listed({ ...lab.row, keep: { last: 1 } })).toEqual([
    [[], undefined, ['info.json rotten']],
    [['last', 'pinned'], 'mine', []],
  ]);
});
