import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalStore } from '../store/local/local-store.ts';
import { addFormerName, namesFor, readFormerNames } from './former-names.ts';
import { Series } from './series.ts';

const NAME = '2026-11-19T02-00-00Z';

let folder: string;
let series: Series;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'former-names-'));
  series = new Series(new LocalStore(folder), 'papers');
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function file(path: string, content = ''): Promise<void> {
  await mkdir(dirname(join(folder, 'papers', path)), { recursive: true });
  await writeFile(join(folder, 'papers', path), content);
}

async function names(path = ''): Promise<readonly string[]> {
  return (await readdir(join(folder, 'papers', path))).toSorted();
}

describe('addFormerName()', () => {
  it('remembers each name once, the last one last', async () => {
    expect(await readFormerNames(series)).toEqual([]);
    for (const name of ['docs', 'papers', 'docs', 'docs']) await addFormerName(series, name);
    expect(await readFormerNames(series)).toEqual(['papers', 'docs']);
    const text = await readFile(join(folder, 'papers', 'names.json'), 'utf8');
    expect(text).toBe(`${JSON.stringify({ version: 1, names: ['papers', 'docs'] }, undefined, 2)}\n`);
  });
});

describe('readFormerNames()', () => {
  it.each(['', '{', '{"names":"docs"}', '[]'])('knows none where names.json says %s', async (text) => {
    await file('names.json', text);
    expect(await readFormerNames(series)).toEqual([]);
  });
});

describe('namesFor()', () => {
  it('looks for earlier names only where an archive has another one', async () => {
    await addFormerName(series, 'docs');
    const items = [`papers-${NAME}.zip`, 'notes.txt'].map((name) => ({ name }));
    expect(await namesFor(series, items)).toEqual(['papers']);
    for (const name of [`docs-${NAME}~tree.zip`, `x-${NAME}-2.tar.zst.part`])
      expect(await namesFor(series, [...items, { name }])).toEqual(['papers', 'docs']);
  });
});

describe('a series that was called otherwise', () => {
  const files = [
    `docs-${NAME}.zip`,
    `docs-${NAME}-2.zip`,
    `docs-${NAME}~tree.zip`,
    `docs-${NAME}-3.zip.part`,
  ];

  it('removes what it was called after then, and nothing of other series', async () => {
    await addFormerName(series, 'docs');
    for (const one of [...files, 'info.json', `photos-${NAME}.zip`]) await file(`${NAME}/${one}`);
    expect(await series.remove(NAME, [])).toEqual({ foreign: [`photos-${NAME}.zip`], shared: [] });
    expect(await names(NAME)).toEqual([`photos-${NAME}.zip`]);
  });

  it('goes on with what a run has left that was cut short', async () => {
    for (const one of ['UNFINISHED', ...files]) await file(`${NAME}/${one}`);
    expect(await series.finished(NAME)).toEqual([]);
    await addFormerName(series, 'docs');
    expect(await series.finished(NAME)).toEqual([`docs-${NAME}.zip`, `docs-${NAME}-2.zip`]);
    expect(await series.archiveDates(NAME)).toEqual([NAME]);
    expect((await series.survey()).unfinished).toEqual([NAME]);
    expect(await series.clear(NAME, [])).toEqual({ foreign: [], shared: [] });
    expect(await names()).toEqual(['names.json']);
  });

  it('takes nothing for cut short that has lost its info.json', async () => {
    await addFormerName(series, 'docs');
    for (const one of files.slice(0, 3)) await file(`${NAME}/${one}`);
    const { damaged, unfinished } = await series.survey();
    expect([damaged.map(({ name, isArchivesOnly }) => [name, isArchivesOnly]), unfinished]).toEqual([
      [[NAME, true]],
      [],
    ]);
  });
});
