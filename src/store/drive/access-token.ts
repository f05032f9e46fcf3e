// What lets a request in, for an hour: made from the login, once for all stores of this process.
import { printable, SnapshotError } from '../../base/errors.ts';
import type { HttpAnswer, HttpClient } from '../http/http-client.ts';
import { isAwayStatus, networkError, refusedForNow } from '../http/http-error.ts';
import type { Google } from './google.ts';
import { type Environment, loginFile, loginHint, readLogin } from './login-file.ts';

/** One that ends sooner is made anew, so that it does not end on its way. */
const SPARE_MS = 60_000;

interface Token {
  readonly text: string;
  readonly endsMs: number;
}

/** By the file of the login. */
const tokens = new Map<string, Promise<Token>>();

export class AccessTokens {
  readonly #http: HttpClient;
  readonly #google: Google;
  readonly #account: string;
  readonly #env: Environment;

  constructor(http: HttpClient, google: Google, account: string, env: Environment) {
    this.#http = http;
    this.#google = google;
    this.#account = account;
    this.#env = env;
  }

  /**
   * One that is valid, as far as this machine knows.
   *
   * @param refused - One that Google did not take: another one is made.
   * @throws {@link SnapshotError} `E_AUTH` when there is no login, or it has ended.
   */
  async get(refused?: string): Promise<string> {
    const file = `${this.#google.token} ${loginFile(this.#account, this.#env)}`;
    const known = await tokens.get(file)?.catch(() => undefined);
    if (known !== undefined && known.text !== refused && known.endsMs - SPARE_MS > Date.now())
      return known.text;
    const asked = this.#refresh();
    tokens.set(file, asked);
    try {
      return (await asked).text;
    } catch (error) {
      tokens.delete(file);
      throw error;
    }
  }

  async #refresh(): Promise<Token> {
    const login = await readLogin(this.#account, this.#env);
    if (login === undefined) {
      throw new SnapshotError('E_AUTH', 'Cannot use Google Drive: this machine is not logged in', {
        hint: `Log in: ${loginHint(this.#account)}`,
      });
    }
    const { clientId, clientSecret, refreshToken } = login;
    const answer = await askToken(this.#http, this.#google, {
      grant_type: 'refresh_token',
      client_id: clientId,
      client_secret: clientSecret,
      refresh_token: refreshToken,
    });
    const { error, token } = answer;
    if (token !== undefined) return token;
    throw endedError(error, this.#account);
  }
}

interface TokenAnswer {
  /** Google's word for why it refuses; empty when it does not. */
  readonly error: string;
  readonly token: Token | undefined;
  readonly refreshToken: string | undefined;
  readonly scope: string;
}

/** Asks for a token. @throws {@link SnapshotError} `E_AWAY` when nobody answers; what is refused is told in the answer. */
export async function askToken(
  http: HttpClient,
  { token: address }: Google,
  fields: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<TokenAnswer> {
  const what = 'Cannot log in at Google';
  const url = new URL(address);
  let answer: HttpAnswer;
  try {
    answer = await http.request({
      method: 'POST',
      url,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(new URLSearchParams(fields).toString()),
      signal,
    });
  } catch (error) {
    throw networkError(what, url.host, error);
  }
  if (isAwayStatus(answer.status)) {
    throw refusedForNow(`${what}: it answers with status ${answer.status}`, answer.headers);
  }
  const json = fieldsOf(answer.body);
  const text = json['access_token'];
  const seconds = json['expires_in'];
  const isToken = answer.status === 200 && typeof text === 'string' && typeof seconds === 'number';
  return {
    error: isToken ? '' : textOf(json['error']) || `status ${answer.status}`,
    token: isToken ? { text, endsMs: Date.now() + seconds * 1000 } : undefined,
    refreshToken: textOf(json['refresh_token']) || undefined,
    scope: textOf(json['scope']),
  };
}

/** What a refused refresh token means: https://developers.google.com/identity/protocols/oauth2#expiration */
function endedError(error: string, account: string): SnapshotError {
  const why = printable(error);
  if (error === 'invalid_grant') {
    return new SnapshotError('E_AUTH', `Cannot use Google Drive: the login has ended (${why})`, {
      hint: `Log in anew: ${loginHint(account)} If it has ended after 7 days, the client is in "testing": publish it, see docs/stores/drive.md.`,
    });
  }
  const isClient =
    error === 'invalid_client' || error === 'unauthorized_client' || error === 'deleted_client';
  const message = isClient
    ? `Cannot use Google Drive: Google does not know the client any more (${why})`
    : `Cannot use Google Drive: the login was refused (${why})`;
  const hint = isClient
    ? 'Look after it in the console of Google, and log in anew with `--client-secret-file`.'
    : `Log in anew: ${loginHint(account)}`;
  return new SnapshotError('E_AUTH', message, { hint });
}

function fieldsOf(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(body.toString('utf8'));
    return typeof json === 'object' && json !== null ? (json as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
