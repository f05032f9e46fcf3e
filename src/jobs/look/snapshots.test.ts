// What lies in a folder of a snapshot, what of it matches, and how it differs from another one.
import { chmodSync, linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HAS_LINKS } from '../../base/able.lab.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { fromText } from '../../tree/path.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { browse } from './browse.ts';
import { diffNow } from './diff-now.ts';
import { diffSnapshots } from './diff.ts';
import { findFiles } from './files.ts';
import { patchesOf } from './patch.ts';

const { signal } = new AbortController();

let lab: SeriesLab;
let series: Series;

beforeAll(async () => {
  lab = new SeriesLab();
  mkdirSync(join(lab.source, 'a', 'b', 'c'), { recursive: true });
  for (const path of ['a/b/c/deep', 'a/b/near', 'a/two', 'a.b', 'turns']) at(path, `of ${path}\n`);
  linkSync(join(lab.source, 'a', 'two'), join(lab.source, 'a', 'three'));
  symlinkSync('a', join(lab.source, 'link'));
  chmodSync(lab.source, 0o755);
  await lab.run();
  at('a/two', 'other\n');
  chmodSync(join(lab.source, 'a', 'b', 'near'), 0o600);
  // The root is no path of the tree.
  chmodSync(lab.source, 0o700);
  for (const path of ['link', 'turns']) rmSync(join(lab.source, path));
  for (const path of ['link', 'turns']) symlinkSync('b', join(lab.source, path));
  await lab.run();
  series = new Series(new LocalStore(lab.row.destination), 'data');
});
afterAll(() => lab.remove());

/** What lies in a folder of the last snapshot: path, files and bytes of each. */
async function told(folder: string): Promise<readonly unknown[]> {
  const { entries } = await browse(series, 'latest', fromText(folder));
  return entries.map(({ entry, files, bytes }) => [entry.path, files, bytes]);
}

/** Nobody is told. */
function note(): void {}

function at(path: string, content: string): void {
  writeFileSync(join(lab.source, path), content);
}

describe.skipIf(!HAS_LINKS)('a snapshot', () => {
  it('is browsed folder by folder, each with the files and bytes that it holds', async () => {
    expect(await told('a')).toEqual([
      ['a/b', 2, 'of a/b/c/deep\nof a/b/near\n'.length],
      ['a/three', 1, 6],
      ['a/two', 1, 6],
    ]);
    expect((await told('')).slice(0, 2)).toEqual([
      ['a', 4, 'of a/b/c/deep\nof a/b/near\n'.length + 12],
      ['a.b', 1, 7],
    ]);
    for (const none of ['a.b', 'a/none', 'a/b/c/deep/x', 'link'])
      await expect(told(none), none).rejects.toMatchObject({ code: 'E_USAGE' });
  });

  it.each([
    [['three', 'two'], 2, 6],
    [['two'], 1, 6],
    [[], 5, 'of a/b/c/deep\nof a/b/near\nof a.b\n'.length + 6],
  ])('counts of %j %i files and %i bytes, one with two names once', async (globs, files, bytes) => {
    const { entries, count } = await findFiles(series, globs, 'latest');
    for (const _ of entries);
    expect(count).toMatchObject({ files, bytes });
  });

  it('differs from the one before by content, target, type and mode; a patch has each file that does', async () => {
    const { snapshots } = await series.survey();
    const [from, to] = snapshots;
    if (from === undefined || to === undefined) throw new Error('two snapshots');
    const differences = await diffSnapshots(series, from, to);
    expect(differences.map(({ path, reasons }) => [path, reasons])).toEqual([
      ['a/b/near', ['mode']],
      ['a/three', ['content']],
      ['a/two', ['content']],
      ['link', ['target']],
      ['turns', ['type']],
    ]);
    const side = (snapshot: typeof from): Parameters<typeof patchesOf>[1]['from'] => ({
      series,
      snapshot,
      snapshots,
    });
    const patches: string[] = [];
    for await (const { patch, why } of patchesOf(differences, {
      from: side(from),
      to: side(to),
      signal,
      note,
    }))
      patches.push(patch ?? `${why}`);
    expect(patches).toEqual([
      expect.stringContaining('-of a/two\n+other\n'),
      expect.stringContaining('-of a/two\n+other\n'),
      expect.stringMatching(/^--- a\/turns\n\+\+\+ \/dev\/null\n.*\n-of turns\n$/),
    ]);
  });

  it('differs from the source as it is now where that has changed, and by no time alone', async () => {
    const { snapshots } = await series.survey();
    const last = snapshots.at(-1);
    if (last === undefined) throw new Error('no snapshot');
    at('a.b', 'of a.b\n');
    at('a/b/near', 'of a/b/here\n');
    at('a/b/c/deep', '');
    const { differences } = await diffNow(series, last, lab.row, { signal, progress: () => {} });
    expect(differences.map(({ path, kind }) => `${kind} ${path}`)).toEqual([
      'modified a/b/c/deep',
      'modified a/b/near',
    ]);
  });
});
