// What a copy says that it has brought, how it ends, and when there is room for it.
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { EXIT_STATUS } from '../../base/errors.ts';
import { readAccepted } from '../../series/accepted.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { accept } from '../upkeep/accept.ts';
import { alone } from './alone.ts';
import { bringUp } from './bring-up.ts';
import { noteCopy } from './copy-record.ts';
import { copySeries } from './copy.ts';
import type { CopyEnd, CopyEvent } from './copy-events.ts';

const { signal } = new AbortController();

let lab: SeriesLab;
let other: string;
let said: CopyEvent[];
beforeEach(async () => {
  lab = new SeriesLab();
  other = join(lab.root, 'other');
  said = [];
  for (const name of ['one', 'two']) {
    writeFileSync(join(lab.source, name), randomBytes(100_000));
    await lab.run();
  }
});
afterEach(() => lab.remove());

function from(): Series {
  return new Series(new LocalStore(lab.row.destination), 'data');
}

async function copy(): Promise<CopyEnd> {
  return await copySeries(from(), { to: other, dryRun: false, signal, report: (event) => said.push(event) });
}

it('counts each byte once, in all and for each snapshot, and none when it is there already', async () => {
  const end = await copy();
  const bytes = said.flatMap((event) => (event.event === 'snapshot' ? [event.bytes] : []));
  expect(end).toMatchObject({ copied: 2, status: 0, there: 0, bytes: bytes.reduce((a, b) => a + b, 0) });
  expect(bytes.every((one) => one > 100_000 && one < 150_000)).toBe(true);
  expect(await copy()).toMatchObject({ copied: 0, there: 2, bytes: 0 });
});

it('brings what is accepted also where no snapshot is new', async () => {
  await copy();
  await accept(from(), 'one', 'known', lab.source, new Date());
  await copy();
  const there = await readAccepted(new Series(new LocalStore(other), 'data'));
  expect(there.map(({ path }) => path)).toEqual(['one']);
});

it('ends with the exit code for damage where something is damaged at both places', async () => {
  await copy();
  const [first = ''] = lab.folders();
  const archive = lab.info(first).archives[0]?.file ?? '';
  for (const folder of lab.folders())
    for (const place of [lab.row.destination, other])
      rmSync(join(place, 'data', folder, archive), { force: true });
  expect(await copy()).toMatchObject({ status: EXIT_STATUS.E_DAMAGED, copied: 0, damaged: 0, mended: 0 });
  expect(said.some((event) => event.event === 'snapshot' && event.outcome === 'unmended')).toBe(true);
});

it('notes one success in the log of the copy, however often it is told', async () => {
  await copy();
  const log = (): readonly string[] =>
    readFileSync(join(other, 'data/runs.jsonl'), 'utf8').trim().split('\n');
  expect(log()).toHaveLength(1);
  await noteCopy(from(), new Series(new LocalStore(other), 'data'), 5, (message) =>
    expect.unreachable(message),
  );
  expect(log()).toHaveLength(1);
});

it.each([
  ['what has arrived of it', 0, true],
  ['what has arrived of another one', 1, false],
])('takes %s for room that is not needed', async (_, nth, fits) => {
  const [first = '', second = ''] = lab.folders();
  const name = nth === 0 ? second : '2020-01-01T00-00-00Z';
  const there = join(other, 'data', name);
  mkdirSync(there, { recursive: true });
  writeFileSync(join(there, 'UNFINISHED'), '');
  const [archive] = lab.info(second).archives.filter(({ file }) => file.includes(second));
  if (archive === undefined) throw new Error('the second snapshot has an archive of its own');
  cpSync(lab.folder(second, archive.file), join(there, archive.file));
  const { snapshots } = await from().survey();
  expect(snapshots.map((one) => one.name)).toEqual([first, second]);
  class SmallStore extends LocalStore {
    override async freeBytes(): Promise<number> {
      return await Promise.resolve(150_000);
    }
  }
  const brought = bringUp([from()], new Series(new SmallStore(other), 'data'), {
    dryRun: false,
    now: new Date(Date.now() + 30 * 86_400_000),
    recipients: [],
    label: 'data',
    signal,
    report: () => {},
  });
  if (fits) expect((await brought).copied).toHaveLength(2);
  else await expect(brought).rejects.toMatchObject({ code: 'E_SPACE' });
});

it('leaves no folder where there was nothing to bring', async () => {
  const to = new Series(new LocalStore(other), 'data');
  const isThere = (): boolean => existsSync(join(other, 'data'));
  const work = async (): Promise<boolean> => await Promise.resolve(isThere());
  expect(await alone(to, signal, (message) => expect.unreachable(message), work)).toBe(true);
  expect(isThere()).toBe(false);
});
