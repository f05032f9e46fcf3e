import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { verify } from './verify.ts';

it('finds a snapshot sound that has two archives which are the same byte by byte', async () => {
  const lab = new SeriesLab();
  onTestFinished(() => lab.remove());
  writeFileSync(join(lab.source, 'a'), 'x');
  const first = (await lab.run()).snapshot ?? '';
  const archive = readdirSync(lab.folder(first)).find((name) => name.endsWith('Z.tar.zst')) ?? '';
  const bytes = readFileSync(lab.folder(first, archive));
  // It is away for one night, and what it holds is written again.
  rmSync(lab.folder(first, archive));
  await lab.run();
  writeFileSync(lab.folder(first, archive), bytes);
  writeFileSync(join(lab.source, 'b'), 'x');
  const { snapshot } = await lab.run({ rehash: true });
  expect(lab.info(snapshot ?? '').archives).toHaveLength(2);
  const { end } = await verify(new Series(new LocalStore(lab.row.destination), 'data'), {
    at: undefined,
    level: 'full',
    signal: new AbortController().signal,
    report: () => {},
  });
  expect(end).toMatchObject({ damages: 0, lost: 0 });
});
