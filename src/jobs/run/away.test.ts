import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { findAway } from './away.ts';

const NOW = new Date('2026-11-20T12:00:00Z');
const DAY_MS = 86_400_000;

function ago(days: number): string {
  return new Date(NOW.getTime() - days * DAY_MS).toISOString();
}

it.each<[string, readonly number[], number, number | null, boolean]>([
  ['just now', [1], 0, 1, false],
  // A row of every day is overdue half a day late; what counts is the last success, and not since when its disk is away.
  ['since today, and the last success was longer ago', [9, 2], 0, 2, true],
  ['since long ago, and another disk had a success since', [1], 5, 1, false],
  ['since long ago, and there was no success', [], 5, null, true],
  ['since today, and there was no success', [], 0, null, false],
  ['and a success was noted by a clock that was ahead', [3, -30], 0, 3, true],
])('a disk that is away %s', async (_, successes, since, last, isOverdue) => {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-away-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'disk'));
  const records = successes.map((days) => {
    return { outcome: 'written', started: ago(days), guards: [], error: null } as const;
  });
  const own = { name: 'data', waitingSince: ago(since), records };
  const known = { isRemovable: true, disks: ['one'], series: [own] };
  const series = new Series(new LocalStore(join(folder, 'disk')), 'data');
  expect(await findAway(series, DAY_MS, known, NOW)).toMatchObject({
    since: ago(since),
    lastSuccess: last === null ? null : ago(last),
    isOverdue,
  });
});
