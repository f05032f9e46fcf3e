import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import type { PastRecord, PastRun } from '../../series/past.ts';
import { Series, type Survey } from '../../series/series.ts';
import { openStore } from '../../store/open-store.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { goneSnapshot } from './lost-archives.ts';
import { readStatus, type SeriesStatus } from './read-status.ts';

let lab: SeriesLab;
beforeEach(async () => {
  lab = new SeriesLab();
  for (const content of ['one', 'two']) {
    writeFileSync(join(lab.source, 'file'), content);
    await lab.run();
  }
});
afterEach(() => {
  lab.remove();
});

async function status(): Promise<SeriesStatus> {
  const series = new Series(openStore(join(lab.root, 'destination')), 'data');
  const watched = { series, everyMs: lab.row.every, row: lab.row };
  return await readStatus(
    watched,
    new Date(Date.now() + 2 * 86_400_000),
    async () => await Promise.resolve(undefined),
  );
}

function newest(): string {
  return lab.folders().at(-1) ?? '';
}

function archive(): string {
  const name = readdirSync(lab.folder(newest())).find((file) => file.endsWith('Z.tar.zst')) ?? '';
  return lab.folder(newest(), name);
}

describe('readStatus()', () => {
  it('says of a series in which all is there that it is well', async () => {
    expect(await status()).toMatchObject({ state: 'ok', reasons: [], size: { snapshots: 2 } });
  });

  it.each<[string, () => void, RegExp, number]>([
    ['an archive', () => rmSync(archive()), /not as written: .*Z\.tar\.zst is missing/, 2],
    ['half an archive', () => writeFileSync(archive(), 'x'), /not as written: .*Z\.tar\.zst has 1 bytes/, 2],
    [
      'its newest snapshot',
      () => rmSync(lab.folder(newest()), { recursive: true }),
      /its newest snapshot, .*Z, is not there any more/,
      1,
    ],
    [
      'all snapshots',
      () => lab.folders().forEach((at) => rmSync(lab.folder(at), { recursive: true })),
      /^none of its snapshots is there any more$/,
      0,
    ],
  ])('says so of one without %s, before any run has looked', async (_, lose, words, snapshots) => {
    lose();
    const found = await status();
    expect(found).toMatchObject({ state: 'failing', size: { snapshots } });
    expect(found.reasons).toContainEqual(expect.stringMatching(words));
  });

  it('does not say of a newest snapshot that is damaged that it is gone', async () => {
    writeFileSync(lab.folder(newest(), 'info.json'), '{');
    expect((await status()).reasons).toEqual([
      expect.stringMatching(new RegExp(`^snapshot ${newest()} is damaged: `)),
    ]);
  });

  it('counts what is lost, and tells the first', async () => {
    for (const at of lab.folders()) rmSync(lab.folder(at, 'index.jsonl.zst'), { force: true });
    rmSync(archive());
    const told = (await status()).reasons.filter((reason) => reason.includes('as written'));
    expect(told).toEqual([expect.stringMatching(/^[23] files of snapshots .*, \.\.\.; /)]);
  });

  it('leaves what a run has found to what it says of damage', async () => {
    rmSync(archive());
    await lab.run({ acceptChanges: false });
    expect((await status()).reasons.filter((reason) => reason.includes('as written'))).toEqual([]);
  });
});

function wrote(snapshot: string | null): PastRun {
  return { outcome: 'written', started: '2026-11-19T02:00:00Z', guards: [], error: null, snapshot };
}

function removed(outcome: 'prune' | 'forget', ...names: readonly string[]): PastRecord {
  return { outcome, started: '2026-11-20T02:00:00Z', removed: names };
}

function snapshotsOf(names: readonly string[]): Survey['snapshots'] {
  return names.map((name) => ({ name })) as unknown as Survey['snapshots'];
}

describe('goneSnapshot()', () => {
  const [OLD, NEW] = ['2026-11-18T02-00-00Z', '2026-11-19T02-00-00Z'];
  it.each<[string, PastRecord[], string[], boolean | undefined]>([
    ['nothing was ever written', [{ ...wrote(null), outcome: 'failed' }], [], undefined],
    ['the log does not say which it is', [wrote(null)], [], undefined],
    ['it is there', [wrote(OLD), wrote(NEW)], [OLD, NEW], undefined],
    ['it is the only one that is left', [wrote(OLD), wrote(NEW)], [NEW], undefined],
    ['it is not', [wrote(OLD), wrote(NEW), { ...wrote(null), outcome: 'failed' }], [OLD], false],
    ['nor is any other', [wrote(OLD), wrote(NEW)], [], true],
    ['somebody has removed it', [wrote(OLD), wrote(NEW), removed('forget', OLD, NEW)], [], undefined],
    ['somebody has removed another one', [wrote(OLD), wrote(NEW), removed('prune', OLD)], [], true],
    ['somebody had removed one of that name before', [removed('forget', NEW), wrote(NEW)], [OLD], false],
  ])('where %s', (_, logged, names, isAll) => {
    const gone = goneSnapshot(logged, { snapshots: snapshotsOf(names), damaged: [] });
    expect(gone?.isAll).toBe(isAll);
    expect(gone?.message.includes(NEW)).toBe(isAll === undefined ? undefined : !isAll);
    const damaged = names.map((name) => ({ name, error: new SnapshotError('E_DAMAGED', 'damaged') }));
    expect(goneSnapshot(logged, { snapshots: [], damaged })).toEqual(gone);
  });
});
