// For tests: a machine whose clock is ours. It sleeps when it is told to, and time passes at once.
import type { Clock } from './schedule.ts';

const DAY_MS = 86_400_000;

/** A time when nothing runs on the machine, from one moment to another. */
interface Sleep {
  readonly fromMs: number;
  readonly toMs: number;
}

export class ScheduleLab implements Clock {
  /** Midnight of the first day, in UTC; ahead of all files, so that none counts as changed a moment ago. */
  readonly start: Date = new Date(Math.ceil(Date.now() / DAY_MS + 1) * DAY_MS);
  readonly #sleeps: Sleep[] = [];
  #nowMs: number = this.start.getTime();
  #endMs = Infinity;
  #end: AbortController = new AbortController();

  /** `clock` on a day, as `02:00`; the first day is 0. */
  at(day: number, clock: string): Date {
    const [hours = 0, minutes = 0] = clock.split(':').map(Number);
    return new Date(this.start.getTime() + day * DAY_MS + (hours * 60 + minutes) * 60_000);
  }

  /** `3 02:00`: how the tests tell times. */
  tell(time: Date): string {
    const ms = time.getTime() - this.start.getTime();
    return `${Math.floor(ms / DAY_MS)} ${time.toISOString().slice(11, 16)}`;
  }

  /** The lid is closed from one time to the other. */
  sleeps(from: Date, to: Date): void {
    this.#sleeps.push({ fromMs: from.getTime(), toMs: to.getTime() });
  }

  /** What a schedule gets that runs until `end`. */
  until(end: Date): AbortSignal {
    this.#endMs = end.getTime();
    this.#end = new AbortController();
    return this.#end.signal;
  }

  /** Whatever is set on the machine, by hand or by a time server. */
  set(time: Date): void {
    this.#nowMs = time.getTime();
  }

  readonly now = (): Date => new Date(this.#nowMs);

  readonly sleep = async (ms: number): Promise<void> => {
    this.pass(ms);
    await Promise.resolve();
  };

  /** So much time passes on the machine while it is awake; what it sleeps through comes on top. */
  pass(ms: number): void {
    let leftMs = ms;
    for (const { fromMs, toMs } of this.#sleeps.toSorted((a, b) => a.fromMs - b.fromMs)) {
      if (toMs <= this.#nowMs || fromMs > this.#nowMs + leftMs) continue;
      leftMs -= Math.max(0, fromMs - this.#nowMs);
      this.#nowMs = toMs;
    }
    this.#nowMs += leftMs;
    if (this.#nowMs >= this.#endMs) this.#end.abort();
  }
}
