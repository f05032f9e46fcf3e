// One-time tickets for downloads: a link in a page cannot carry the header with a token.
import { randomBytes } from 'node:crypto';
import type { BytePath } from '../../tree/path.ts';
import { hashOf } from './secrets.ts';

/** What a ticket is for. */
export interface Ticket {
  readonly account: string;
  /** Id of the token that it was given for: when that is taken back, so is the ticket. */
  readonly token: string;
  readonly kind: 'file' | 'folder';
  readonly path: BytePath;
}

/** From the answer to the click. */
const GOOD_MS = 60_000;
/** More of one token than this are not kept: the oldest go. */
const MOST = 100;

export class Tickets {
  /** By hash, in the order of their ends. */
  readonly #tickets = new Map<string, { readonly ticket: Ticket; readonly until: number }>();

  /** @param nowMs - Of a clock that only goes forward. @returns The ticket, of 256 bits. */
  give(ticket: Ticket, nowMs: number): string {
    for (const [hash, { until }] of this.#tickets) if (until < nowMs) this.#tickets.delete(hash);
    const mine = [...this.#tickets].filter(([, other]) => other.ticket.token === ticket.token);
    for (const [hash] of mine.slice(0, Math.max(0, mine.length - MOST + 1))) this.#tickets.delete(hash);
    const secret = randomBytes(32).toString('base64url');
    this.#tickets.set(hashOf(secret), { ticket, until: nowMs + GOOD_MS });
    return secret;
  }

  /** What it is for; undefined when it was used, is too old, or never was. It is used by this. */
  take(secret: string, nowMs: number): Ticket | undefined {
    const hash = hashOf(secret);
    const found = this.#tickets.get(hash);
    this.#tickets.delete(hash);
    return found === undefined || found.until < nowMs ? undefined : found.ticket;
  }
}
