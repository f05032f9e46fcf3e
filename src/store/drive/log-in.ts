// Logging in: the user says yes in the browser, which comes back to this machine with a code for a login.
// https://developers.google.com/identity/protocols/oauth2/native-app
import { createHash, randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { SnapshotError } from '../../base/errors.ts';
import { HttpClient } from '../http/http-client.ts';
import { askToken } from './access-token.ts';
import { type Google, googleOf } from './google.ts';
import { Loopback } from './loopback.ts';
import { type Environment, type Login, loginFile, readLogin, writeLogin } from './login-file.ts';

/** What this program has written itself, and nothing else in Drive. */
const SCOPE = 'https://www.googleapis.com/auth/drive.file';

export interface LogInOptions {
  readonly account: string;
  /** Google's client; without it, that of the last login. */
  readonly client: Pick<Login, 'clientId' | 'clientSecret'> | undefined;
  readonly env: Environment;
  /** Shows the address that is to be opened in a browser. */
  readonly show: (url: string) => void;
  /** Addresses that the user pastes, where the browser is on another machine. */
  readonly pasted: AsyncIterable<string> | undefined;
  /** Told of a pasted line that is no such address. */
  readonly refused: (message: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes a login, and keeps it.
 *
 * @returns The file that it is in.
 * @throws {@link SnapshotError} `E_USAGE` without a client, `E_AUTH` when the user or Google says no.
 */
export async function logIn(options: LogInOptions): Promise<string> {
  const { account, env, signal } = options;
  const google = googleOf(env);
  const client = options.client ?? (await readLogin(account, env));
  if (client === undefined) {
    throw new SnapshotError('E_USAGE', 'A login at Google needs a client of your own, and none was given', {
      hint: 'Make one (docs/stores/drive.md says how), and give its file: `--client-secret-file FILE`.',
    });
  }
  const loopback = await Loopback.listen(randomBytes(16).toString('base64url'));
  const verifier = randomBytes(32).toString('base64url');
  try {
    options.show(consentUrl(google, client.clientId, loopback, verifier));
    const code = await loopback.code(options.pasted, options.refused, signal);
    const refreshToken = await exchange(google, client, code, loopback.redirect, verifier, signal);
    const { clientId, clientSecret } = client;
    return await writeLogin(account, { clientId, clientSecret, refreshToken }, env);
  } finally {
    await loopback.close();
  }
}

function consentUrl({ consent }: Google, clientId: string, loopback: Loopback, verifier: string): string {
  const url = new URL(consent);
  url.search = new URLSearchParams({
    client_id: clientId,
    redirect_uri: loopback.redirect,
    response_type: 'code',
    scope: SCOPE,
    state: loopback.state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    access_type: 'offline',
    // Only who is asked gets a login that lasts; who has said yes before is not asked otherwise.
    prompt: 'consent',
  }).toString();
  return url.href;
}

async function exchange(
  google: Google,
  { clientId, clientSecret }: Pick<Login, 'clientId' | 'clientSecret'>,
  code: string,
  redirect: string,
  verifier: string,
  signal: AbortSignal,
): Promise<string> {
  const http = new HttpClient();
  try {
    const fields = {
      grant_type: 'authorization_code',
      code,
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uri: redirect,
      code_verifier: verifier,
    };
    const { error, refreshToken, scope } = await askToken(http, google, fields, signal);
    if (error === 'invalid_client') {
      throw new SnapshotError('E_AUTH', `Google does not know this client (${error})`, {
        hint: 'Check `--client-id` and `--client-secret-file`: both are of one client, of the type "Desktop app".',
      });
    }
    if (error !== '' || refreshToken === undefined) {
      throw new SnapshotError('E_AUTH', `Google has made no login (${error || 'no refresh token'})`, {
        hint: 'Run it again, and open the address at once: it counts for a few minutes, and once.',
      });
    }
    if (!scope.split(' ').includes(SCOPE)) {
      throw new SnapshotError('E_AUTH', 'The login does not allow to use Drive', {
        hint: 'Run it again, and tick the box for the files that this app makes.',
      });
    }
    return refreshToken;
  } finally {
    http.close();
  }
}

/** How a login ended: Google knows that it did; it does not, as nobody answered or it was none any more; there was none. */
export type LoggedOut = 'ended' | 'forgotten' | 'none';

/** Ends the login, and removes its file: the client goes with it. @throws {@link SnapshotError} `E_AUTH` when the file cannot be removed. */
export async function logOut(account: string, env: Environment): Promise<LoggedOut> {
  const file = loginFile(account, env);
  // One that cannot be used goes, too.
  const login = await readLogin(account, env).catch(() => 'unreadable' as const);
  if (login === undefined) return 'none';
  const isEnded = login !== 'unreadable' && (await revoke(googleOf(env), login.refreshToken));
  try {
    await rm(file, { force: true });
  } catch (cause) {
    throw new SnapshotError('E_AUTH', `Cannot remove the login in "${file}"`, { cause });
  }
  return isEnded ? 'ended' : 'forgotten';
}

async function revoke({ revoke: address }: Google, token: string): Promise<boolean> {
  const http = new HttpClient({ silenceMs: 10_000 });
  try {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const body = Buffer.from(new URLSearchParams({ token }).toString());
    return (await http.request({ method: 'POST', url: new URL(address), headers, body })).status === 200;
  } catch {
    return false;
  } finally {
    http.close();
  }
}
