// What the routes work with.
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { Library } from '../library/library.ts';
import { Refusal } from '../refusal.ts';
import type { IsProxy } from './client-address.ts';
import type { Accounts, Token } from '../users/accounts.ts';
import type { Pages } from './pages.ts';

export interface Service {
  readonly accounts: Accounts;
  /** The library of an account; the first call for it opens it. */
  /** @param isEarly - See {@link Libraries.early}. */
  readonly library: (account: string, isEarly?: boolean) => Promise<Library>;
  /** Names besides addresses and `localhost` that it is called by. */
  readonly hosts: ReadonlySet<string>;
  /** Whether what an address says of who asks it counts. */
  readonly isProxy: IsProxy;
  /** For browsers. */
  readonly pages: Pages;
  /** Told of each request. */
  readonly log: (entry: AccessEntry) => void;
  /** Told of what should not happen. */
  readonly fail: (error: unknown) => void;
}

/** One request, without secrets. */
export interface AccessEntry {
  readonly remote: string;
  readonly account: string | undefined;
  /** Its id, which is no secret. */
  readonly token: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly name: string | undefined;
  readonly status: number;
  readonly ms: number;
}

export interface Variables {
  /** Who asks. */
  token: Token;
  /** Whether the token lets in now. */
  isLetIn: () => Promise<boolean>;
  library: Library;
  /** In place of those that all answers have. */
  headers: Readonly<Record<string, string>>;
}

export interface Environment {
  readonly Bindings: HttpBindings;
  readonly Variables: Variables;
}

export type Asked = Context<Environment>;

/** A token that is not, or not any more, one of an account. */
export const UNKNOWN_TOKEN = 'That token is not known here';

/**
 * What is sent with a request. It ends only while its token lets in: hours may have passed since it began.
 *
 * @throws {@link Refusal} 401 at its end, when the token was revoked meanwhile.
 */
export async function* bodyOf(asked: Asked): AsyncGenerator<Uint8Array> {
  yield* asked.env.incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  if (!(await asked.get('isLetIn')())) throw new Refusal(401, UNKNOWN_TOKEN);
}

/** Whether the token may see what is there. */
export function mayRead(asked: Asked): boolean {
  return asked.get('token').scope !== 'upload';
}

/** @throws {@link Refusal} 403 when the token may not see what is there. */
export function mustRead(asked: Asked): void {
  if (!mayRead(asked))
    throw new Refusal(403, 'This token may only upload: this takes one with the scope `read`');
}

/** @throws {@link Refusal} 403 when the token may not send files. */
export function mustUpload(asked: Asked): void {
  if (asked.get('token').scope === 'read')
    throw new Refusal(403, 'This token may only read: this takes one with the scope `upload`');
}
