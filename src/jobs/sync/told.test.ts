// What a sync of two folders tells: at its end, later, and when it is taken back.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { HAS_MODES } from '../../base/able.lab.ts';
import { stampOf } from '../../mirror/version-name.ts';
import { VERSIONS } from '../../sync/own-paths.ts';
import { openPair } from '../../sync/pair.lab.ts';
import { pairsFolder } from '../../sync/past-file.ts';
import type { Keep } from '../../plan/keep.ts';
import type { KnownDestination } from '../status/memory.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { conflictText } from './conflict-text.ts';
import { knownPairs, lastResult } from './last-result.ts';
import { pairAway } from './pair-away.ts';
import { PairSeries } from './pair-series.ts';
import { pairSummary } from './pair-summary.ts';
import { readVersions } from './pair-versions.ts';
import { conflictsOf, statusOf, type SyncResult } from './result.ts';
import { swapVersions } from './swap.ts';
import { sync, type SyncOptions } from './sync.ts';
import { undoSync } from './undo.ts';
import { verifyPair } from './verify-pair.ts';

let root: string;
let here: string;
let there: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'snapshot-told-'));
  [here, there] = [join(root, 'here'), join(root, 'there')];
  for (const folder of [here, there]) mkdirSync(folder);
  vi.stubEnv('XDG_STATE_HOME', join(root, 'state'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

const DAY_MS = 86_400_000;
const signal = new AbortController().signal;

async function synced(keep: Keep = {}, progress: SyncOptions['progress'] = () => {}): Promise<SyncResult> {
  return await sync(here, there, {
    dryRun: false,
    rehash: false,
    acceptChanges: false,
    exclude: [],
    isWanted: () => true,
    keep,
    signal,
    warn: () => {},
    progress,
  });
}

function write(folder: string, name: string, content: string, at: number): void {
  writeFileSync(join(folder, name), content);
  utimesSync(join(folder, name), at, at);
}

it.each(['here', 'there'] as const)(
  'names who won a conflict, and where the other content lies: %s',
  async (winner) => {
    const [loser, lost] = winner === 'here' ? (['there', there] as const) : (['here', here] as const);
    write(here, 'file', 'here', winner === 'here' ? 2000 : 1000);
    write(there, 'file', 'there', winner === 'there' ? 2000 : 1000);
    const [conflict, ...more] = conflictsOf(await synced());
    if (conflict?.version === undefined) throw new Error('there was a conflict');
    expect([conflict.path, conflict.winner, conflict.why, more]).toEqual(['file', winner, 'newer', []]);
    expect([here, there].map((folder) => readFileSync(join(folder, 'file'), 'utf8'))).toEqual([
      winner,
      winner,
    ]);
    expect(readFileSync(join(lost, conflict.version), 'utf8')).toBe(loser);
    expect(conflictText(conflict, { here, there })).toContain(
      `the one ${winner} is newer; the other one is ${loser}, "${lost}", as ${conflict.version}; `,
    );
    expect(await lastResult(here, there)).toMatchObject({ here, there, status: 0, conflicts: [conflict] });
  },
);

it.skipIf(!HAS_MODES)('is taken back with the modes that files had', async () => {
  write(here, 'file', 'text', 1000);
  chmodSync(join(here, 'file'), 0o640);
  await synced();
  chmodSync(join(here, 'file'), 0o600);
  await synced();
  const modes = (): readonly number[] => [here, there].map((one) => statSync(join(one, 'file')).mode & 0o777);
  expect(modes()).toEqual([0o600, 0o600]);
  expect((await undoSync(here, there, false)).troubles).toEqual([]);
  expect(modes()).toEqual([0o600, 0o640]);
});

it.skipIf(!HAS_MODES)('carries over a mode and a content that were changed on either side', async () => {
  write(here, 'file', 'text', 1000);
  await synced();
  chmodSync(join(here, 'file'), 0o600);
  write(there, 'file', 'changed', 2000);
  await synced();
  expect((await synced()).actions).toEqual([]);
  const both = [here, there].map((one) => join(one, 'file'));
  expect(both.map((file) => [readFileSync(file, 'utf8'), statSync(file).mode & 0o777])).toEqual([
    ['changed', 0o600],
    ['changed', 0o600],
  ]);
});

it.skipIf(!HAS_MODES)('carries over a mode and a name that were changed at once', async () => {
  write(here, 'key', 'text', 1000);
  chmodSync(join(here, 'key'), 0o644);
  await synced();
  renameSync(join(here, 'key'), join(here, 'renamed'));
  chmodSync(join(here, 'renamed'), 0o600);
  expect((await synced()).actions.map(({ decision }) => decision.do)).toEqual(['move']);
  const modeOf = (path: string): number => statSync(join(there, path)).mode & 0o777;
  expect(modeOf('renamed')).toBe(0o600);
  expect((await synced()).actions).toEqual([]);
  expect((await undoSync(here, there, false)).troubles).toEqual([]);
  expect(modeOf('key')).toBe(0o644);
});

it('verifies with the exit code of a guard, and counts what differs without it', async () => {
  for (let i = 0; i < 11; i++) write(here, `file ${i}`, 'text', 1000);
  await synced();
  const notes: string[] = [];
  const lab = new SeriesLab();
  lab.remove();
  const row = { ...lab.row, source: here, destination: there, name: 'work' };
  const verified = async (): Promise<object> =>
    await verifyPair(row, {
      level: 'full',
      signal,
      report: (event) => void (event.event === 'note' && notes.push(event.message)),
    });
  expect(await verified()).toMatchObject({ status: 0, readBytes: 88, pair: { files: 11, differing: 0 } });
  write(here, 'file 0', 'other', 2000);
  expect(await verified()).toMatchObject({ status: 0, pair: { files: 11, differing: 1, troubles: 0 } });
  expect(notes).toEqual(['file 0 was changed here']);
  for (let i = 0; i < 11; i++) rmSync(join(there, `file ${i}`));
  expect(await verified()).toMatchObject({ status: 4 });
  expect(notes).toContainEqual(expect.stringMatching(/^a sync would be stopped \(empty-side\): /));
});

it.each(['result.json', 'last.jsonl'])('says that %s is damaged, where it is asked for', async (name) => {
  write(here, 'file', 'text', 1000);
  await synced();
  const [folder = ''] = readdirSync(pairsFolder());
  writeFileSync(join(pairsFolder(), folder, name), '{"do":"pu');
  const asked = name === 'last.jsonl' ? undoSync(here, there, false) : lastResult(here, there);
  await expect(asked).rejects.toMatchObject({ code: 'E_DAMAGED' });
});

it('writes `.sync` anew also where it is larger than most small files', async () => {
  write(here, 'file', 'text', 1000);
  writeFileSync(join(here, '.sync'), `{".":{}}${' '.repeat(17 * 1024 * 1024)}`);
  await synced();
  expect(readFileSync(join(here, '.sync'), 'utf8')).toMatch(/"file":\{".st":1000,".sd":1\}\}\}$/);
});

it('has the versions of each path, the oldest first, also of one second', async () => {
  const pair = await openPair();
  const stamp = '20261128T021500Z';
  const names = ['b~20261128T021500Z', `a~${stamp}-10.txt`, `a~${stamp}-2.txt`, `a~${stamp}.txt`];
  for (const folder of [pair.here, pair.there]) mkdirSync(join(folder, VERSIONS), { recursive: true });
  for (const [i, name] of names.entries())
    writeFileSync(join(i % 2 ? pair.here : pair.there, VERSIONS, name), '');
  writeFileSync(join(pair.here, VERSIONS, 'a~20261128T021459Z-3.txt'), '');
  const found = await readVersions(pair.sides);
  expect(found.map(({ path, nth, side }) => `${path} ${nth} ${side}`)).toEqual([
    'a.txt 3 here',
    'a.txt 1 here',
    'a.txt 2 there',
    'a.txt 10 here',
    'b 1 there',
  ]);
});

it('swaps the last of several versions of one second', async () => {
  await synced();
  mkdirSync(join(there, VERSIONS), { recursive: true });
  for (const name of ['a~20261128T021500Z', 'a~20261128T021500Z-2', 'a~20261128T021459Z-3'])
    writeFileSync(join(there, VERSIONS, name), name);
  await swapVersions(here, there, ['a']);
  expect(readFileSync(join(there, 'a'), 'utf8')).toBe('a~20261128T021500Z-2');
});

it.each([
  ['lets versions go again after a clock that was ahead was set right', 365 * DAY_MS, false],
  ['lets go what was too old the last time', -2 * DAY_MS, false],
  ['keeps what was not too old the last time, as the clock may be ahead', -20 * DAY_MS, true],
])('%s', async (_, lastMs, isKept) => {
  await synced();
  const name = `a~${stampOf(new Date(Date.now() - 10 * DAY_MS))}`;
  mkdirSync(join(there, VERSIONS), { recursive: true });
  writeFileSync(join(there, VERSIONS, name), '');
  const [folder = ''] = readdirSync(pairsFolder());
  writeFileSync(join(pairsFolder(), folder, 'thinned'), String(Date.now() + lastMs));
  await synced({ within: 5 * DAY_MS });
  expect(existsSync(join(there, VERSIONS, name))).toBe(isKept);
});

it('waits since the first run that found a side away', async () => {
  const lab = new SeriesLab();
  lab.row = { ...lab.row, strategy: 'sync', source: here, destination: there };
  const now = new Date();
  await lab.run({ now: () => now, acceptChanges: false });
  const series = new PairSeries(lab.row);
  expect(await pairAway(series, 3_600_000, undefined, now)).toBeUndefined();
  rmSync(there, { recursive: true });
  const since = new Date(now.getTime() + 1000).toISOString();
  const known = {
    isRemovable: true,
    disks: [],
    series: [{ name: series.name, waitingSince: since } as KnownDestination['series'][number]],
  };
  const away = await pairAway(series, 3_600_000, known, new Date(now.getTime() + 60_000));
  expect(away).toMatchObject({ since, isOverdue: false });
  lab.remove();
});

it('tells how many bytes there are to copy, and how many are', async () => {
  write(here, 'long', 'much longer', 2000);
  write(there, 'long', 'short', 1000);
  const told: unknown[] = [];
  await synced({}, (...progress) => void told.push(progress));
  expect(told.at(-1)).toEqual([
    { files: 1, bytes: 11 },
    { files: 1, bytes: 11 },
  ]);
});

it('knows all pairs, the newest first, but what cannot be read', async () => {
  const at = ['2026-11-28T02:00:00.000Z', '2026-11-29T02:00:00.000Z', '2026-11-27T02:00:00.000Z', ''];
  for (const [i, one] of at.entries()) {
    mkdirSync(join(pairsFolder(), String(i)), { recursive: true });
    writeFileSync(
      join(pairsFolder(), String(i), 'result.json'),
      one === '' ? '{' : JSON.stringify({ at: one }),
    );
  }
  expect((await knownPairs()).map((pair) => pair.at)).toEqual([at[1], at[0], at[2]]);
});

it('was synced when its last run that went well did, and never before that', async () => {
  const lab = new SeriesLab();
  lab.row = { ...lab.row, strategy: 'sync', source: here, destination: there };
  const series = new PairSeries(lab.row);
  expect((await pairSummary(series)).synced).toBeUndefined();
  const [first, second, third] = [1, 2, 3].map((day) => new Date(Date.UTC(2026, 10, day)));
  const ran = async (at: Date = new Date(0)): Promise<number> =>
    (await lab.run({ now: () => at, acceptChanges: false })).status;
  expect([await ran(first), await ran(second)]).toEqual([0, 0]);
  expect(await pairSummary(series)).toMatchObject({ synced: second, sides: [here, there] });
  writeFileSync(join(here, 'file'), 'text');
  rmSync(there, { recursive: true });
  writeFileSync(there, 'no folder');
  expect(await ran(third)).toBe(1);
  expect((await pairSummary(series)).synced).toEqual(second);
  lab.remove();
});

it.each<[Partial<SyncResult>, number]>([
  [{}, 0],
  [{ troubles: [{ path: 'a' as never, side: 'here', reason: '' }] }, 3],
  [{ actions: [{ decision: { do: 'apart', why: 'names' } }] as never }, 3],
  [{ stop: { guard: 'mass-change', message: '' } }, 4],
  [{ stop: { guard: 'mass-change', message: '' }, failed: { message: '', status: 12 } }, 12],
])('ends with %j as %i', (change, status) => {
  expect(statusOf({ stop: undefined, troubles: [], actions: [], ...change } as unknown as SyncResult)).toBe(
    status,
  );
});
