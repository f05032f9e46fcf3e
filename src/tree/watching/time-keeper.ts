/** A moment, by both clocks of the machine. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

const JUMP_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Says when it is time to look at everything, whatever events tell. Pure: takes the time. */
export class TimeKeeper {
  #last: Moment;
  #wholeMs: number;

  constructor(now: Moment) {
    this.#last = now;
    this.#wholeMs = now.monotonicMs;
  }

  /** To be called about each second. @returns Why it is time; undefined when it is not. */
  due(now: Moment): string | undefined {
    const passedMs = now.monotonicMs - this.#last.monotonicMs;
    const jumpMs = now.wallMs - this.#last.wallMs - passedMs;
    this.#last = now;
    if (Math.abs(jumpMs) > JUMP_MS) return this.#whole(now, 'the clock jumped, as after sleep');
    // Some monotonic clocks go on while the machine sleeps.
    if (passedMs > JUMP_MS) return this.#whole(now, 'the watcher stood still, as after sleep');
    if (now.monotonicMs - this.#wholeMs >= HOUR_MS) return this.#whole(now, 'an hour has passed');
    return undefined;
  }

  #whole(now: Moment, reason: string): string {
    this.#wholeMs = now.monotonicMs;
    return reason;
  }
}

/** The moment that it is. */
export function rightNow(): Moment {
  return { monotonicMs: performance.now(), wallMs: Date.now() };
}
