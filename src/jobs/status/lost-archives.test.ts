import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Series } from '../../series/series.ts';
import { openStore } from '../../store/open-store.ts';
import { SeriesLab } from '../run/series.lab.ts';
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
