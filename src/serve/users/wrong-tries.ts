// Limits wrong tokens and codes per address. Pure, but for what it remembers.
import { networkOf } from '../http/client-address.ts';

/** So many are free within {@link WINDOW_MS}. */
const FREE = 10;
const WINDOW_MS = 60_000;
/** Remembered addresses: who has more of them is stopped by none of this. */
const MOST_ADDRESSES = 10_000;

export class WrongTries {
  readonly #tries = new Map<string, { count: number; readonly since: number }>();

  /** Seconds that `address` has to wait; undefined when it need not. @param now - Milliseconds, of any steady clock. */
  waitOf(address: string, now: number): number | undefined {
    const tries = this.#tries.get(networkOf(address));
    if (tries === undefined || now - tries.since >= WINDOW_MS || tries.count < FREE) return undefined;
    return Math.ceil((tries.since + WINDOW_MS - now) / 1000);
  }

  count(address: string, now: number): void {
    const key = networkOf(address);
    const tries = this.#tries.get(key);
    if (tries !== undefined && now - tries.since < WINDOW_MS) tries.count += 1;
    else {
      this.#tries.delete(key);
      this.#tries.set(key, { count: 1, since: now });
    }
    const [oldest] = this.#tries.keys();
    if (this.#tries.size > MOST_ADDRESSES && oldest !== undefined) this.#tries.delete(oldest);
  }
}
