import { setTimeout as delay } from 'node:timers/promises';

/**
 * So much of a second's bytes may be written at once: long enough for timers, which are late by a few
 * milliseconds, short enough that others on the same line do not notice.
 */
const BURST_SECONDS = 0.05;
/** A file system's block: smaller pieces cost more than they smooth. */
const MIN_BURST_BYTES = 4096;

/** A clock that can be waited for; tests have their own. */
export interface Clock {
  /** Milliseconds that never go back. */
  readonly now: () => number;
  /** Resolves after about `ms`, or as soon as `signal` aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  sleep: async (ms, signal) => {
    // An abort is the only thing it rejects for.
    await delay(ms, undefined, { signal }).catch(() => undefined);
  },
};

/**
 * Holds writers back, so that within any stretch of t seconds they write at most
 * `t * bytesPerSecond + burstBytes`: a token bucket. Writers are served in the order in which they came.
 */
export class RateLimit {
  /** The most that may be asked for at once. */
  readonly burstBytes: number;
  readonly #bytesPerMs: number;
  readonly #stop: AbortSignal;
  readonly #clock: Clock;
  /** Bytes that may be written at the moment {@link #filledAt}. */
  #allowance: number;
  #filledAt: number;
  #last: Promise<void> = Promise.resolve();

  /** @param stop - Once it aborts nobody waits any more: what is still written then is clearing up. */
  constructor(bytesPerSecond: number, stop: AbortSignal, clock: Clock = SYSTEM_CLOCK) {
    this.burstBytes = Math.max(MIN_BURST_BYTES, Math.floor(bytesPerSecond * BURST_SECONDS));
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#stop = stop;
    this.#clock = clock;
    this.#allowance = this.burstBytes;
    this.#filledAt = clock.now();
  }

  /** Resolves when `bytes` may be written. @param bytes - At most {@link burstBytes}. */
  async take(bytes: number): Promise<void> {
    const turn = this.#last.then(async () => await this.#takeNow(bytes));
    this.#last = turn;
    await turn;
  }

  async #takeNow(bytes: number): Promise<void> {
    // Again after each sleep, as a timer may be early by a fraction of a millisecond.
    for (this.#fill(); this.#allowance < bytes && !this.#stop.aborted; this.#fill()) {
      const waitMs = Math.ceil((bytes - this.#allowance) / this.#bytesPerMs);
      await this.#clock.sleep(waitMs, this.#stop);
    }
    this.#allowance -= bytes;
  }

  #fill(): void {
    const now = this.#clock.now();
    const gained = (now - this.#filledAt) * this.#bytesPerMs;
    this.#allowance = Math.min(this.burstBytes, this.#allowance + gained);
    this.#filledAt = now;
  }
}
