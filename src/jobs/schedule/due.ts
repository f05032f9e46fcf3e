// When runs are due. Pure: no clock, no timer.
//
// What a cron expression says is about clocks on the wall. Twice a year these jump in most places, and a time may
// then come twice or not at all. A backup that is skipped for that is a night without one.
import { createHash } from 'node:crypto';
import { SnapshotError } from '../../base/errors.ts';
import { type Cron, midnightOf } from '../../host/schedulers/cron.ts';

const DAY_MS = 86_400_000;
/** More than any clock is ever put forward or back, but for islands that change sides of the date line. */
const JUMP_MS = 4 * 3_600_000;
/** The 29th of February is eight years away at worst, as that of 2104 is; the next one after it is looked for, too. */
const MOST_DAYS = 13 * 366;

/** A run that is to come. */
export interface Due {
  /** What the expression says. */
  readonly due: Date;
  /** When it begins: later by the jitter. */
  readonly at: Date;
}

export interface TimetableOptions {
  /** As `Europe/Berlin`; default: that of this machine. */
  readonly timezone?: string | undefined;
  /** Runs begin up to so much later than they are due. */
  readonly jitterMs?: number | undefined;
  /** Those with different ones begin at different times: what is jitter for else? */
  readonly seed?: string | undefined;
}

/** The times that a cron expression stands for. */
export class Timetable {
  readonly #cron: Cron;
  readonly #clock: Intl.DateTimeFormat;
  readonly #jitterMs: number;
  readonly #seed: string;

  /** @throws {@link SnapshotError} `E_USAGE` when there is no such time zone. */
  constructor(cron: Cron, { timezone, jitterMs = 0, seed = '' }: TimetableOptions = {}) {
    this.#cron = cron;
    this.#clock = clockOf(timezone);
    this.#jitterMs = jitterMs;
    this.#seed = seed;
  }

  /**
   * The first run that is due after `time`.
   *
   * A time that the clock jumps over in spring is due as long after the jump as it would have been: 02:30 at 03:30.
   * One that comes twice in autumn is due the first time only, unless the expression is for every hour. The jitter
   * of one due time is always the same, so that what is announced is what happens.
   */
  after(time: Date): Due {
    const due = this.#dueAfter(time.getTime());
    return { due, at: new Date(due.getTime() + this.#jitterOf(due)) };
  }

  #dueAfter(timeMs: number): Date {
    // Across a jump the order of the wall clock is not that of time: all near the first one found are looked at.
    let first = Infinity;
    let last = Infinity;
    for (const wallMs of this.#walls(this.#wallOf(timeMs) - JUMP_MS)) {
      if (wallMs > last) break;
      for (const ms of this.#instantsOf(wallMs)) {
        if (ms <= timeMs || ms >= first) continue;
        first = ms;
        last = wallMs + JUMP_MS;
      }
    }
    return new Date(first);
  }

  /** The times on the wall that the expression names, from `fromMs` on, each as if it were in UTC. */
  *#walls(fromMs: number): Generator<number> {
    const { hours, minutes, isOn } = this.#cron;
    const start = midnightOf(fromMs).getTime();
    for (let day = 0; day < MOST_DAYS; day++) {
      const midnightMs = start + day * DAY_MS;
      if (!isOn(new Date(midnightMs))) continue;
      for (const hour of hours) {
        for (const minute of minutes) {
          const wallMs = midnightMs + (hour * 60 + minute) * 60_000;
          if (wallMs >= fromMs) yield wallMs;
        }
      }
    }
    throw new SnapshotError(
      'E_USAGE',
      `The cron expression "${this.#cron.text}" names no day that ever comes`,
    );
  }

  #instantsOf(wallMs: number): readonly number[] {
    const before = wallMs - this.#offsetAt(wallMs - DAY_MS);
    const after = wallMs - this.#offsetAt(wallMs + DAY_MS);
    const real = [before, after].filter((ms) => this.#wallOf(ms) === wallMs);
    if (real.length === 0) return [before];
    return this.#cron.hours.length === 24 ? real : real.slice(0, 1);
  }

  /** How far the clock on the wall is ahead of UTC. */
  #offsetAt(ms: number): number {
    return this.#wallOf(ms) - ms;
  }

  #wallOf(ms: number): number {
    const parts: Record<string, number> = {};
    for (const { type, value } of this.#clock.formatToParts(ms)) parts[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) + (((ms % 1000) + 1000) % 1000);
  }

  #jitterOf(due: Date): number {
    if (this.#jitterMs === 0) return 0;
    const hash = createHash('sha256').update(`${this.#seed} ${due.toISOString()}`).digest();
    return Math.floor((hash.readUInt32BE() / 2 ** 32) * this.#jitterMs);
  }
}

function clockOf(timezone: string | undefined): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      ...(timezone === undefined ? {} : { timeZone: timezone }),
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (cause) {
    const hint = 'As `Europe/Berlin` or `UTC`.';
    throw new SnapshotError('E_USAGE', `--timezone ${timezone}: there is no such time zone`, { cause, hint });
  }
}
