// Requests to the server of a library, of an upload or of one that follows: their tries, and what is said of their failures.
import { setTimeout as delay } from 'node:timers/promises';
import { printable, reasonOf, SnapshotError } from '../../base/errors.ts';
import { isLoopback } from '../../serve/http/hosts.ts';
import { type HttpAnswer, HttpClient, type HttpRequest } from '../../store/http/http-client.ts';
import type { SpooledFile } from '../../store/objects.ts';

export interface Asked {
  readonly method: string;
  /** Below the address of the server. */
  readonly path: string;
  readonly body?: Uint8Array | SpooledFile | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** As that of a request. */
  readonly take?: HttpRequest['take'];
}

/** It may have to look at its whole folder before it answers. */
const SILENCE_MS = 300_000;
/** Between tries, when the line is cut or the server busy. */
export const WAITS_MS = [500, 1000, 2000, 4000, 8000] as const;
const MOST_ANSWER_BYTES = 4 * 2 ** 20;

export class ServerRequests {
  readonly #base: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #client: HttpClient;
  readonly signal: AbortSignal;

  /**
   * @param url - Where the server is, as it says itself.
   * @param ca - A certificate that is trusted, for a server that has made its own.
   * @throws {@link SnapshotError} `E_USAGE` for an address that would let others read the token.
   */
  constructor(url: string, token: string, ca: Buffer | undefined, signal: AbortSignal) {
    this.#base = parseServer(url);
    this.#headers = { Authorization: `Bearer ${token}` };
    this.#client = new HttpClient({ silenceMs: SILENCE_MS, ca });
    this.signal = signal;
  }

  /** The address, as it is asked. */
  get url(): string {
    return this.#base.href;
  }

  get host(): string {
    return this.#base.host;
  }

  close(): void {
    this.#client.close();
  }

  /** Asks once. A redirect is never followed: the token is for this server. What the system throws comes out as it is. */
  async once({ method, path, body, headers = {}, take }: Asked): Promise<HttpAnswer> {
    return await this.#client.request({
      method,
      url: new URL(path.replace(/^\//, ''), this.#base),
      headers: { ...this.#headers, 'Content-Type': 'application/octet-stream', ...headers },
      body,
      take,
      signal: this.signal,
      mostBytes: MOST_ANSWER_BYTES,
    });
  }

  /** Tries again what a cut line or a busy server may let through later. @throws {@link SnapshotError} `E_AWAY` when nobody answers. */
  async ask(asked: Asked): Promise<HttpAnswer> {
    for (let n = 0; ; n++) {
      const wait = WAITS_MS[n];
      try {
        const answer = await this.once(asked);
        if (wait === undefined || !isBusy(answer)) return answer;
      } catch (error) {
        // Of a file of this machine.
        if (error instanceof SnapshotError || this.signal.aborted) throw error;
        if (wait === undefined) throw this.away(error);
      }
      await delay(wait, undefined, { signal: this.signal });
    }
  }

  /** Nobody answers. */
  away(error: unknown, hint = 'What was sent stays there: try again later.'): SnapshotError {
    const message = `Cannot reach "${this.host}": ${reasonOf(error)}`;
    return new SnapshotError('E_AWAY', message, { cause: error, hint });
  }

  /** An answer that stands against all that is asked. */
  unexpected(answer: HttpAnswer): SnapshotError {
    const { status, headers } = answer;
    const to = headers.location;
    if (status >= 300 && status < 400) {
      const where = to === undefined ? '' : ` to "${printable(to)}"`;
      const hint = 'The token was not sent there. If that is the server, give its address.';
      return new SnapshotError('E_STORE', `"${this.host}" redirects${where}`, { hint });
    }
    const said = `"${this.host}" says: ${messageIn(answer)}`;
    if (status === 401) {
      const hint =
        'It may have been revoked: `snapshot serve token add FOLDER ACCOUNT` prints another one, there.';
      return new SnapshotError('E_AUTH', said, { hint });
    }
    if (status === 403) return new SnapshotError('E_AUTH', said);
    if (status === 413 || status === 507) return new SnapshotError('E_SPACE', said);
    return new SnapshotError('E_STORE', said);
  }
}

/** @throws {@link SnapshotError} `E_USAGE` when it is none, or when others could read a token on the way there. */
function parseServer(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '')
    throw new SnapshotError(
      'E_USAGE',
      `"${printable(text)}" is no address of a server, as https://photos.example.org`,
    );
  if (url.username !== '' || url.password !== '') {
    const hint = 'The token goes into SNAPSHOT_TOKEN or a file.';
    throw new SnapshotError('E_USAGE', 'An address has no user or password here', { hint });
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname.replace(/^\[|\]$/g, '')))
    throw new SnapshotError(
      'E_USAGE',
      `"${printable(text)}": without https, others on the way could read the token`,
      {
        hint: 'Give the server a certificate (`snapshot serve --cert --key`), and its file to --cacert if it made its own.',
      },
    );
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** Whether a later try may go through: what the library itself says of its folder stands. */
export function isBusy(answer: HttpAnswer): boolean {
  if (answer.status === 503) return jsonIn(answer)['error'] === undefined;
  return [429, 502, 504].includes(answer.status);
}

/** The JSON of an answer; empty when it is none. */
export function jsonIn({ body }: HttpAnswer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** What the server says of a failure. */
export function messageIn(answer: HttpAnswer): string {
  const { error } = jsonIn(answer);
  return typeof error === 'string' ? printable(error) : `HTTP status ${answer.status}`;
}
