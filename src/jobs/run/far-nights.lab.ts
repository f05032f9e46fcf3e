// Nights of a row on a place far away, as a test: `testNights('bucket', open)` beside the contract of its store.
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readRuns } from '../../series/read-runs.ts';
import { Series } from '../../series/series.ts';
import type { Store } from '../../store/store.ts';
import { restore } from '../restore/restore.ts';
import { verify } from '../verify/verify.ts';
import { contentOf, SeriesLab } from './series.lab.ts';

/** @param place - Makes an empty place, and gives what opens it. */
export function testNights(name: string, place: () => () => Store): void {
  it(`is written, rotated, verified and restored in a ${name}`, async () => {
    const { signal } = new AbortController();
    const lab = new SeriesLab();
    onTestFinished(() => lab.remove());
    const open = place();
    const store = open();
    onTestFinished(async () => await store.close());
    lab.row = { ...lab.row, destination: store.label, keep: { last: 2 } };
    mkdirSync(join(lab.source, 'folder'));
    for (let i = 0; i < 10; i++) writeFileSync(join(lab.source, 'folder', `${i}`), `${i}`.repeat(300));
    // More than is kept in memory on its way.
    writeFileSync(join(lab.source, 'large'), Buffer.alloc(1_500_000, Math.random().toString(36)));
    const series = new Series(store, 'data');
    for (let night = 0; night < 3; night++) {
      writeFileSync(join(lab.source, `new ${night}`), `night ${night}`);
      appendFileSync(join(lab.source, 'folder', '3'), `${night}`);
      renameSync(join(lab.source, 'folder', `${night + 5}`), join(lab.source, `moved ${night}`));
      rmSync(join(lab.source, `new ${night - 1}`), { force: true });
      expect(await lab.run({ open })).toMatchObject({ outcome: 'written', error: null, problems: 0 });
    }
    expect(await lab.run({ open })).toMatchObject({ outcome: 'unchanged', error: null });
    const { snapshots, damaged, unfinished } = await series.survey();
    expect([snapshots.length, damaged, unfinished]).toEqual([2, [], []]);
    const { end } = await verify(series, { at: undefined, level: 'full', signal, report: () => {} });
    expect(end).toMatchObject({ status: 0, damages: 0, lost: 0, readPieces: end.pieces });
    expect((await readRuns(series)).records).toHaveLength(4);
    const to = mkdtempSync(join(lab.root, 'to-'));
    const how = { globs: [], overwrite: 'never', deletes: false, dryRun: false } as const;
    await restore(series, { at: 'latest', to, ...how, signal, report: () => {} });
    expect([...contentOf(to).keys()]).toEqual([...contentOf(lab.source).keys()]);
    for (const path of ['large', 'folder/3', 'moved 1'])
      expect(readFileSync(join(to, path)).equals(readFileSync(join(lab.source, path))), path).toBe(true);
  });
}
