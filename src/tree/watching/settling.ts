/** When what happens in a tree has come to rest. Pure: takes the time of a monotonic clock. */
export class Settling {
  readonly #quietMs: number;
  readonly #mostMs: number;
  #firstMs: number | undefined;
  #lastMs = 0;

  /** @param quietMs - So long nothing may happen. @param mostMs - But not longer than this after the first event. */
  constructor(quietMs: number, mostMs: number) {
    this.#quietMs = quietMs;
    this.#mostMs = mostMs;
  }

  /** Something happened. */
  stir(nowMs: number): void {
    this.#firstMs ??= nowMs;
    this.#lastMs = nowMs;
  }

  /** So long to wait until it has come to rest; undefined when nothing happened. */
  waitMs(nowMs: number): number | undefined {
    if (this.#firstMs === undefined) return undefined;
    return Math.max(0, Math.min(this.#lastMs + this.#quietMs, this.#firstMs + this.#mostMs) - nowMs);
  }

  /** From here on it waits for the next event. */
  reset(): void {
    this.#firstMs = undefined;
  }
}
