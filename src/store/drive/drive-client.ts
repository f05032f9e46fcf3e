// Requests to Drive, with what lets them in.
import { SnapshotError } from '../../base/errors.ts';
import { type HttpAnswer, HttpClient, type HttpRequest } from '../http/http-client.ts';
import { networkError } from '../http/http-error.ts';
import { AccessTokens } from './access-token.ts';
import { driveError, driveReason } from './drive-error.ts';
import { type Google, googleOf } from './google.ts';
import type { Environment } from './login-file.ts';

export interface Asked extends Pick<HttpRequest, 'body' | 'signal' | 'mostBytes'> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** From the root of the interface on (`files`), or a whole address. */
  readonly path: string;
  /** To the host that takes content. */
  readonly isUpload?: boolean;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** For errors: `Cannot read "gdrive://..."`. */
  readonly what: string;
  /** Statuses besides success that the caller wants to see. */
  readonly accept?: readonly number[];
}

export class DriveClient {
  readonly #http: HttpClient;
  readonly #google: Google;
  readonly #tokens: AccessTokens;

  constructor(account: string, env: Environment, silenceMs?: number) {
    this.#http = new HttpClient({ silenceMs });
    this.#google = googleOf(env);
    this.#tokens = new AccessTokens(this.#http, this.#google, account, env);
  }

  /** @throws {@link SnapshotError} for every refusal that is not accepted. */
  async call(asked: Asked): Promise<HttpAnswer> {
    const url = this.#urlOf(asked);
    let token = await this.#tokens.get();
    let answer = await this.#send(asked, url, token);
    // It may have ended, or been revoked, before its time.
    if (answer.status === 401) {
      token = await this.#tokens.get(token);
      answer = await this.#send(asked, url, token);
    }
    const { status } = answer;
    if ((status >= 200 && status < 300) || asked.accept?.includes(status) === true) return answer;
    throw driveError(asked.what, answer);
  }

  /** {@link call}, of what answers in JSON. */
  async json(asked: Asked): Promise<unknown> {
    const answer = await this.call(asked);
    try {
      return JSON.parse(answer.body.toString('utf8')) as unknown;
    } catch (cause) {
      throw new SnapshotError('E_STORE', `${asked.what}: this is no answer of Google Drive`, { cause });
    }
  }

  close(): void {
    this.#http.close();
  }

  #urlOf({ path, query = {}, isUpload = false }: Asked): URL {
    const root = isUpload ? this.#google.upload : this.#google.api;
    const url = new URL(path.startsWith('http') ? path : `${root}/${path}`);
    // The token is for nobody else.
    if (url.origin !== new URL(root).origin)
      throw new SnapshotError('E_STORE', `Google sends to another host: "${url.host}"`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  async #send(
    { method, body, signal, mostBytes, what, ...asked }: Asked,
    url: URL,
    token: string,
  ): Promise<HttpAnswer> {
    const headers = { ...asked.headers, Authorization: `Bearer ${token}` };
    try {
      return await this.#http.request({ method, url, headers, body, signal, mostBytes });
    } catch (error) {
      throw networkError(what, url.host, error);
    }
  }
}

/** Whether Google keeps a file back as it takes it for harmful. */
export function isTakenForHarmful(answer: HttpAnswer): boolean {
  return answer.status === 403 && driveReason(answer) === 'cannotDownloadAbusiveFile';
}
