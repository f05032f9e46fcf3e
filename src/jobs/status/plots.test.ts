import { expect, it } from 'vitest';
import type { PastRun } from '../../series/past.ts';
import { plotsOf } from './plots.ts';
import type { SeriesStatus } from './read-status.ts';

const DAY_MS = 86_400_000;

/** A run that began so many days after 1970, and took so many minutes; undefined: nobody knows. */
function run(day: number, minutes: number | undefined): PastRun {
  const startedMs = day * DAY_MS;
  const finished = minutes === undefined ? undefined : new Date(startedMs + minutes * 60_000).toISOString();
  return {
    outcome: 'written',
    started: new Date(startedMs).toISOString(),
    finished,
    guards: [],
    error: null,
  };
}

function timesOf(...runs: readonly PastRun[]): string {
  return plotsOf({ runs } as Partial<SeriesStatus> as SeriesStatus)[1] ?? '';
}

/** The heights of its bars, the highest one 1, from left to right. */
function bars(svg: string): readonly number[] {
  const path = /class="bars" d="([^"]*)"/.exec(svg)?.[1] ?? '';
  return [...path.matchAll(/M[\d.]+ 110V([\d.]+)/g)].map(([, y]) => Math.round((110 - Number(y)) / 8.6) / 10);
}

it('shows how long the runs took that say so, in the order of time', () => {
  expect(bars(timesOf(run(3, 10), run(1, 5), run(2, undefined), run(4, 1)))).toEqual([0.5, 1, 0.1]);
});

it('takes a run that ended before it began, by its clock, for one that took no time', () => {
  expect(bars(timesOf(run(1, -5), run(2, 10)))).toEqual([0, 1]);
});

it('shows the last 90 runs', () => {
  const runs = Array.from({ length: 100 }, (_, day) => run(day, day === 9 ? 100 : 1));
  expect(bars(timesOf(...runs))).toEqual(Array.from({ length: 90 }, () => 1));
});

it('shows nothing of what it does not know', () => {
  expect(plotsOf({} as SeriesStatus)).toEqual(['', '']);
});
