import { linkSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { HAS_LINKS } from '../../base/able.lab.ts';
import { readDamage } from '../../series/damage/damage.ts';
import { Series, type Snapshot } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { Places } from '../../unpack/places.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { FoundDamage } from './note-found.ts';
import { OtherCopies } from './other-copies.ts';
import { restore } from './restore.ts';
import type { Wanted } from './wanted.ts';

let lab: SeriesLab;
let series: Series;
let snapshot: Snapshot;
let wanted: Wanted;

/** Two files in one archive. */
beforeEach(async () => {
  lab = new SeriesLab();
  for (const name of ['a', 'b']) writeFileSync(join(lab.source, name), name);
  await lab.run();
  series = new Series(new LocalStore(lab.row.destination), 'data');
  const [found] = (await series.survey()).snapshots;
  if (found === undefined) throw new Error('no snapshot');
  snapshot = found;
  const places = new Places();
  const hashes: Uint8Array[] = [];
  for (const { hash, at } of await series.entries(snapshot)) {
    const archive = snapshot.info.archives.find(({ number }) => number === at?.[0]);
    if (hash === undefined || at === undefined || archive === undefined) continue;
    const [, offset, length, skip] = at;
    const key = series.keyOf(snapshot.name, archive);
    places.set(hashes.length, { key, format: 'tar.zst' }, { offset, length, skip });
    hashes.push(Uint8Array.from(hash));
  }
  wanted = { places, entries: { hash: (i: number) => hashes[i] } } as unknown as Wanted;
});
afterEach(() => {
  lab.remove();
});

it('all files that a restore has found damaged in an archive are noted, as no more than that was read', async () => {
  const damage = new FoundDamage(series);
  const why = { kind: 'damaged', reason: 'it is rotten', code: undefined } as const;
  damage.add(new Map([[0, why]]), wanted);
  damage.add(new Map([[1, why]]), wanted);
  await damage.note(snapshot.name, () => {});
  const [flaw] = (await readDamage(series)).flaws.values();
  expect(flaw).toMatchObject({ kind: 'content', by: 'sample', contents: { length: 2 } });
  const [line = ''] = readFileSync(lab.folder('runs.jsonl'), 'utf8').trim().split('\n').slice(-1);
  // With a share of nothing it is no verify of everything, which others would count on.
  expect(JSON.parse(line)).toMatchObject({
    outcome: 'verify',
    result: 'failed',
    sample: 0,
    at: snapshot.name,
  });
});

it('what names and sizes say already is left to those who look at them', async () => {
  const key = wanted.places.archive(0)?.key ?? '';
  truncateSync(join(lab.row.destination, key), 10);
  const damage = new FoundDamage(series);
  damage.add(new Map([[0, { kind: 'damaged', reason: 'it ends too early', code: undefined }]]), wanted);
  const notes: string[] = [];
  await damage.note(snapshot.name, (message) => notes.push(message));
  expect([(await readDamage(series)).flaws.size, notes]).toEqual([0, []]);
});

it.each([true, false])(
  'the place that was tried has the content still only at another destination: %o',
  async (isElsewhere) => {
    const copies = await OtherCopies.find(series, [snapshot], wanted, [0], () => {}, isElsewhere);
    expect([copies.next(0), copies.next(0)]).toEqual([isElsewhere, false]);
  },
);

it.skipIf(!HAS_LINKS)('a dry run counts the bytes of a file with two names once', async () => {
  linkSync(join(lab.source, 'a'), join(lab.source, 'c'));
  await lab.run();
  const end = await restore(series, {
    at: 'latest',
    globs: [],
    to: join(lab.root, 'target'),
    overwrite: 'never',
    deletes: false,
    dryRun: true,
    signal: new AbortController().signal,
    report: () => {},
  });
  expect(end).toMatchObject({ dryRun: true, files: 3, bytes: 2 });
});
