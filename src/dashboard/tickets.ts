// Downloads are links, and a browser sends no token with a link: a ticket in the address stands for one download, once.
import { randomBytes } from 'node:crypto';

/** Longer than any browser takes from a click to its request. */
const GOOD_MS = 60_000;

export class Tickets<T> {
  readonly #open = new Map<string, { readonly value: T; readonly untilMs: number }>();

  /** @param nowMs - Of any steady clock. */
  issue(value: T, nowMs: number): string {
    for (const [id, { untilMs }] of this.#open) if (untilMs <= nowMs) this.#open.delete(id);
    const id = randomBytes(32).toString('base64url');
    this.#open.set(id, { value, untilMs: nowMs + GOOD_MS });
    return id;
  }

  /** What `id` stands for, the first time within a minute; undefined later. */
  take(id: string, nowMs: number): T | undefined {
    const found = this.#open.get(id);
    this.#open.delete(id);
    return found !== undefined && nowMs < found.untilMs ? found.value : undefined;
  }
}
