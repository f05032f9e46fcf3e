import { setTimeout as delay } from 'node:timers/promises';
import type { Due, Timetable } from './due.ts';

/** What a schedule has to tell. */
export type ScheduleEvent =
  | { readonly event: 'next'; readonly due: Date; readonly at: Date }
  /** Runs that should have begun while nobody was there; one makes up for all. */
  | { readonly event: 'missed'; readonly due: Date; readonly count: number }
  /** There is no earlier run of some row. */
  | { readonly event: 'first' };

/** The time, and waiting for it. */
export interface Clock {
  readonly now: () => Date;
  /** Resolves after `ms`, or as soon as `signal` aborts. Much may have happened by then: the machine may have slept. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface ScheduleOptions {
  readonly timetable: Timetable;
  /** When a run last began; undefined: none ever did. What has been due since then is open. */
  readonly lastRun: Date | undefined;
  readonly signal: AbortSignal;
  readonly report: (event: ScheduleEvent) => void;
  /** Never rejects for what the next run may overcome. */
  readonly run: () => Promise<void>;
  readonly clock?: Clock;
}

/** Timers stand still while the machine sleeps, and know nothing of a clock that is set: so it is looked at often. */
const LOOK_MS = 60_000;
/** A clock that is further back than this was set; less is a correction, after which nothing runs twice. */
const SET_BACK_MS = 3_600_000;
/** Later than this is missed, and worth telling. */
const LATE_MS = 5 * 60_000;
/** Nobody counts further. */
const MOST_COUNTED = 1000;

const SYSTEM_CLOCK: Clock = {
  now: () => new Date(),
  sleep: async (ms, signal) => {
    // An abort is the only thing it rejects for.
    await delay(ms, undefined, { signal }).catch(() => undefined);
  },
};

/**
 * Runs whenever it is due, one at a time, until `signal` aborts.
 *
 * What was missed while the machine slept, was off or had another time is made up with one run, as soon as that is
 * possible. What is due while a run is under way is covered by that run.
 */
export async function schedule(options: ScheduleOptions): Promise<void> {
  const { timetable, lastRun, signal, report, run, clock = SYSTEM_CLOCK } = options;
  if (lastRun === undefined && !signal.aborted) {
    report({ event: 'first' });
    await run();
  }
  // All that was due until then is done.
  let done = lastRun ?? clock.now();
  let next: Due | undefined;
  while (!signal.aborted) {
    const now = clock.now();
    if (done.getTime() - now.getTime() > SET_BACK_MS) {
      done = now;
      next = undefined;
    }
    const isNews = next === undefined;
    next ??= timetable.after(done);
    const leftMs = next.at.getTime() - now.getTime();
    if (leftMs > 0) {
      if (isNews) report({ event: 'next', ...next });
      await clock.sleep(Math.min(leftMs, LOOK_MS), signal);
      continue;
    }
    if (-leftMs > LATE_MS)
      report({ event: 'missed', due: next.due, count: countUntil(now, next, timetable) });
    await run();
    done = latest(now, clock.now());
    next = undefined;
  }
}

function countUntil(now: Date, first: Due, timetable: Timetable): number {
  let count = 0;
  for (let next = first; next.at <= now && count < MOST_COUNTED; next = timetable.after(next.due)) count++;
  return count;
}

function latest(a: Date, b: Date): Date {
  return a > b ? a : b;
}
