// Who uses the page: a token, kept by this browser, that was pasted or that a pairing code became.
import { ask } from './ask.ts';

/** What a token may do, as `snapshot serve` has it. */
export type Scope = 'upload' | 'read' | 'all';

export interface Session {
  readonly token: string;
  readonly account: string;
  readonly scope: Scope;
  /** Id of the token, which is no secret. */
  readonly id: string;
}

const KEY = 'snapshot-token';
/** In a browser that keeps nothing, as long as the page is open. */
let kept: string | undefined;

/** The code in the fragment of the address, as `snapshot serve pair` shows it; it is removed from the address at once. */
export function takePairingCode(): string | undefined {
  const [, code] = /^#pair=([A-Za-z0-9-]+)$/.exec(location.hash) ?? [];
  if (code !== undefined) history.replaceState(null, '', location.pathname + location.search);
  return code;
}

/** Makes a token of `code`, and keeps it. @throws Refused when the code is not good any more. */
export async function pair(code: string): Promise<void> {
  const { token } = await ask<{ token: string }>('/v1/pair', { json: { code } });
  keepToken(token);
}

/** The session of the token that is kept; undefined when there is none. @throws Refused 401 when it is not good any more. */
export async function openSession(): Promise<Session | undefined> {
  const token = readToken();
  if (token === undefined) return undefined;
  const {
    account,
    scope,
    token: id,
  } = await ask<{ account: string; scope: Scope; token: string }>('/v1/account', { token });
  return { token, account, scope, id };
}

export function keepToken(token: string): void {
  kept = token;
  try {
    localStorage.setItem(KEY, token);
  } catch {
    // A private window may keep nothing.
  }
}

export function forgetToken(): void {
  kept = undefined;
  try {
    localStorage.removeItem(KEY);
  } catch {
    // The same.
  }
}

function readToken(): string | undefined {
  try {
    return localStorage.getItem(KEY) ?? kept;
  } catch {
    return kept;
  }
}
