// A snapshot of which archives and info.json are left: what was moved out of a folder that is gone must not be lost.
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { noise } from '../../../test/support/trees.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { repair } from './repair.ts';

/** Two nights, `change` between them; of the second snapshot, only `left` is there besides its archives. */
async function repaired(
  change: (source: string) => void,
  left: readonly string[],
): Promise<readonly string[]> {
  const lab = new SeriesLab();
  onTestFinished(() => lab.remove());
  for (const folder of ['stays', 'goes']) mkdirSync(join(lab.source, folder));
  // More than half of what is in the archive, which stays therefore.
  writeFileSync(join(lab.source, 'stays', 'other'), noise(20_000));
  writeFileSync(join(lab.source, 'goes', 'file'), 'content');
  await lab.run();
  change(lab.source);
  await lab.run();
  const at = lab.folders().at(-1) ?? '';
  for (const name of readdirSync(lab.folder(at)))
    if (!/\.(?:tar\.zst|zip)$/.test(name) && !left.includes(name)) rmSync(lab.folder(at, name));
  const series = new Series(new LocalStore(lab.row.destination), 'data');
  const [end] = await repair(series, [at], new AbortController().signal);
  expect(end?.outcome, end?.notes.join('; ')).toBe('repaired');
  return [...lab.restored(at)].map(([path]) => path).filter((path) => path !== '');
}

function moveOut(source: string): void {
  renameSync(join(source, 'goes', 'file'), join(source, 'file'));
  rmSync(join(source, 'goes'), { recursive: true });
}

function remove(source: string): void {
  rmSync(join(source, 'goes'), { recursive: true });
}

function replace(source: string): void {
  remove(source);
  writeFileSync(join(source, 'goes'), 'new');
}

it.each([[['info.json']], [[]]])(
  'has what was moved out of a folder that is gone, with %j left',
  async (left) => {
    expect(await repaired(moveOut, left)).toEqual(['goes', 'goes/file', 'stays', 'stays/other']);
  },
);

it('does not have what was deleted with its folder, where info.json tells', async () => {
  expect(await repaired(remove, ['info.json'])).toEqual(['stays', 'stays/other']);
});

it('puts nothing where something else is now', async () => {
  expect(await repaired(replace, [])).toEqual(['goes', 'stays', 'stays/other']);
});
