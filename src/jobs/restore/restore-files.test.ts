// What is damaged, and has another copy.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { UnpackPool } from '../../unpack/pool.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { Choice } from './choice.ts';
import { OtherCopies } from './other-copies.ts';
import { type EntryStep, FileRestorer } from './restore-files.ts';
import { Wanted } from './wanted.ts';

let lab: SeriesLab;
beforeEach(() => {
  lab = new SeriesLab();
});
afterEach(() => lab.remove());

it('is told as restored only where it is', async () => {
  for (const name of ['a', 'b']) writeFileSync(join(lab.source, name), name);
  // Each snapshot has archives of its own.
  lab.row = { ...lab.row, strategy: 'full' };
  await lab.run();
  writeFileSync(join(lab.source, 'c'), 'c');
  await lab.run();
  const series = new Series(new LocalStore(lab.row.destination), 'data');
  const { snapshots } = await series.survey();
  expect(snapshots).toHaveLength(2);
  const last = snapshots.at(-1);
  if (last === undefined) throw new Error('no snapshot');
  const { signal } = new AbortController();
  const wanted = await Wanted.read(series, last, new Choice([]), signal);
  for (const { file } of last.info.archives) {
    const archive = lab.folder(last.name, file);
    writeFileSync(archive, readFileSync(archive).fill('x'));
  }
  const root = join(lab.root, 'target');
  mkdirSync(root);
  const [notes, failed]: [string[], string[]] = [[], []];
  const pool = new UnpackPool();
  const restorer = new FileRestorer({
    root,
    store: series.store,
    pool,
    signal,
    wanted,
    progress: () => {},
    failed: (path, { kind }) => failed.push(`${path} ${kind}`),
    note: (message) => notes.push(message),
    findCopies: async (lost) => {
      // Somebody else comes first.
      writeFileSync(join(root, 'a'), 'mine');
      return await OtherCopies.find(series, snapshots, wanted, [...lost.keys()], () => {});
    },
  });
  const files = Array.from({ length: wanted.entries.length }, (_, i) => i).filter((i) =>
    ['a', 'b'].includes(wanted.entries.path(i)),
  );
  try {
    await restorer.write(
      files.map((i): EntryStep => {
        return { do: 'make', path: wanted.entries.path(i), type: 'file', i, reason: undefined };
      }),
    );
  } finally {
    await pool.close();
  }
  expect(failed).toEqual(['a refused']);
  expect(['a', 'b'].map((name) => readFileSync(join(root, name), 'utf8'))).toEqual(['mine', 'b']);
  expect(notes).toEqual([expect.stringMatching(/^1 file /)]);
});
