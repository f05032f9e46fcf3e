// Who is let in by the fake of Google. https://developers.google.com/identity/protocols/oauth2/native-app
import { createHash, randomBytes } from 'node:crypto';
import { Refused } from './fake-drive-files.ts';

const SCOPE = 'https://www.googleapis.com/auth/drive.file';

interface Asked {
  readonly redirect: string;
  readonly challenge: string;
}

export class FakeAccounts {
  readonly clientId = '1234-abc.apps.googleusercontent.com';
  readonly clientSecret = 'GOCSPX-not-so-secret';
  /** How long access tokens last; Google's do for an hour. */
  tokenSeconds = 3599;
  /** What somebody says to the question whether the program may. */
  answer: 'yes' | 'no' | 'without the box' = 'yes';
  readonly #codes = new Map<string, Asked>();
  readonly #refresh = new Set<string>();
  readonly #access = new Map<string, number>();

  /** A login that was made. */
  login(): { readonly clientId: string; readonly clientSecret: string; readonly refreshToken: string } {
    const refreshToken = `1//${randomBytes(16).toString('hex')}`;
    this.#refresh.add(refreshToken);
    return { clientId: this.clientId, clientSecret: this.clientSecret, refreshToken };
  }

  get logins(): number {
    return this.#refresh.size;
  }

  /** All logins end, as those of clients in testing do after a week. */
  endLogins(): void {
    this.#refresh.clear();
  }

  /** All tokens end, as they do after an hour; who made them knows nothing of it. */
  endTokens(): void {
    this.#access.clear();
  }

  check(authorization: string | undefined): void {
    const ends = this.#access.get(/^Bearer (\S+)$/.exec(authorization ?? '')?.[1] ?? '');
    if (ends === undefined || ends < Date.now()) throw new Refused(401, 'authError', 'Invalid Credentials');
  }

  /** Where the browser is sent after the question. */
  consent(query: URLSearchParams): string {
    const redirect = new URL(query.get('redirect_uri') ?? '');
    const wanted = {
      client_id: this.clientId,
      response_type: 'code',
      scope: SCOPE,
      access_type: 'offline',
      code_challenge_method: 'S256',
    };
    for (const [name, value] of Object.entries(wanted))
      if (query.get(name) !== value) throw new Refused(400, 'invalid_request', name);
    if (redirect.protocol !== 'http:' || redirect.hostname !== '127.0.0.1')
      throw new Refused(400, 'redirect_uri_mismatch');
    const challenge = query.get('code_challenge') ?? '';
    if (!/^[\w-]{43}$/.test(challenge)) throw new Refused(400, 'invalid_request', 'code_challenge');
    const target = new URL(redirect);
    target.searchParams.set('state', query.get('state') ?? '');
    if (this.answer === 'no') target.searchParams.set('error', 'access_denied');
    else {
      const code = randomBytes(16).toString('hex');
      this.#codes.set(code, { redirect: redirect.href, challenge });
      target.searchParams.set('code', code);
    }
    return target.href;
  }

  /** @throws {@link Refused} whose reason is the word that Google has for it. */
  token(fields: URLSearchParams): Readonly<Record<string, unknown>> {
    if (fields.get('client_id') !== this.clientId || fields.get('client_secret') !== this.clientSecret)
      throw new Refused(401, 'invalid_client', 'The OAuth client was not found.');
    const grant = fields.get('grant_type');
    if (grant === 'refresh_token') {
      if (!this.#refresh.has(fields.get('refresh_token') ?? ''))
        throw new Refused(400, 'invalid_grant', 'Token has been expired or revoked.');
      return this.#made();
    }
    if (grant !== 'authorization_code') throw new Refused(400, 'unsupported_grant_type');
    const code = fields.get('code') ?? '';
    const asked = this.#codes.get(code);
    this.#codes.delete(code);
    const verifier = fields.get('code_verifier') ?? '';
    const isProven = createHash('sha256').update(verifier).digest('base64url') === asked?.challenge;
    if (
      verifier.length < 43 ||
      !isProven ||
      new URL(fields.get('redirect_uri') ?? '').href !== asked?.redirect
    )
      throw new Refused(400, 'invalid_grant', 'Bad Request');
    return { ...this.#made(), refresh_token: this.login().refreshToken };
  }

  revoke(token: string): void {
    if (!this.#refresh.delete(token)) throw new Refused(400, 'invalid_token');
  }

  #made(): Readonly<Record<string, unknown>> {
    const token = `ya29.${randomBytes(16).toString('hex')}`;
    this.#access.set(token, Date.now() + this.tokenSeconds * 1000);
    const scope = this.answer === 'without the box' ? 'openid' : SCOPE;
    return { access_token: token, expires_in: this.tokenSeconds, scope, token_type: 'Bearer' };
  }
}
