// The requests of an upload, see docs/serve.md.
import { setTimeout as delay } from 'node:timers/promises';
import { isLoopback } from '../../serve/http/hosts.ts';
import { printable, reasonOf, SnapshotError } from '../../base/errors.ts';
import { type HttpAnswer, HttpClient } from '../../store/http/http-client.ts';
import type { SpooledFile } from '../../store/objects.ts';

/** What the server said of one file. */
export type Sent =
  | { readonly status: 'stored' | 'known'; readonly name: string | undefined }
  /** It has other bytes than when it was hashed. */
  | { readonly status: 'differs' }
  | { readonly status: 'refused'; readonly reason: string };

export interface ToSend {
  readonly name: string;
  readonly blake3: string;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
  readonly body: SpooledFile;
}

/** It may have to look at its whole folder before it answers. */
const SILENCE_MS = 300_000;
/** Between tries, when the line is cut or the server busy. */
const WAITS_MS = [500, 1000, 2000, 4000, 8000] as const;
const MOST_ANSWER_BYTES = 4 * 2 ** 20;

export class LibraryClient {
  readonly #base: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #client: HttpClient;
  readonly #signal: AbortSignal;

  /**
   * @param url - Where the server is, as it says itself.
   * @param ca - A certificate that is trusted, for a server that has made its own.
   * @throws {@link SnapshotError} `E_USAGE` for an address that would let others read the token.
   */
  constructor(url: string, token: string, ca: Buffer | undefined, signal: AbortSignal) {
    this.#base = parseServer(url);
    this.#headers = { Authorization: `Bearer ${token}` };
    this.#client = new HttpClient({ silenceMs: SILENCE_MS, ca });
    this.#signal = signal;
  }

  get host(): string {
    return this.#base.host;
  }

  /** Of each content whether it has to be sent. */
  async check(
    files: readonly { readonly size: number; readonly blake3: string }[],
  ): Promise<readonly boolean[]> {
    const body = JSON.stringify({ files: files.map(({ size, blake3 }, id) => ({ id, size, blake3 })) });
    const answer = await this.#ask('v1/check', Buffer.from(body));
    if (answer.status !== 200) throw this.#unexpected(answer);
    const { files: said } = jsonIn(answer) as { files?: readonly { id?: unknown; status?: unknown }[] };
    const needed = new Map((said ?? []).map(({ id, status }) => [id, status !== 'have']));
    return files.map((_, id) => needed.get(id) ?? true);
  }

  /** Sends a file. @param rename - Takes a free name where its own is taken. */
  async send({ name, blake3, modifiedMs, body }: ToSend, rename: boolean): Promise<Sent> {
    const query = new URLSearchParams({ name, hash: `blake3:${blake3}`, modified: String(modifiedMs) });
    if (rename) query.set('rename', '1');
    const answer = await this.#ask(`upload?${query.toString()}`, body);
    const said = jsonIn(answer);
    const path = typeof said['path'] === 'string' ? said['path'] : undefined;
    // What it says of the content is what it has read itself.
    if (answer.status === 201 && said['blake3'] === blake3) return { status: 'stored', name: path };
    if (answer.status === 200) return { status: 'known', name: path };
    if (answer.status === 422) return { status: 'differs' };
    const isOfFile =
      [409, 413].includes(answer.status) || (answer.status === 403 && said['status'] === 'name');
    if (isOfFile && said['status'] !== 'quota') {
      const { free } = said;
      const isTaken = typeof free === 'string' && !rename;
      const reason = isTaken
        ? `other content has its name there; "${printable(free)}" is free: --rename`
        : messageIn(answer);
      return { status: 'refused', reason };
    }
    throw this.#unexpected(answer);
  }

  close(): void {
    this.#client.close();
  }

  /** Tries again what a cut line or a busy server may let through later. A redirect is never followed: the token is for this server. */
  async #ask(path: string, body: Uint8Array | SpooledFile): Promise<HttpAnswer> {
    const url = new URL(path, this.#base);
    const headers = { ...this.#headers, 'Content-Type': 'application/octet-stream' };
    for (let n = 0; ; n++) {
      const wait = WAITS_MS[n];
      try {
        const asked = {
          method: 'POST',
          url,
          headers,
          body,
          signal: this.#signal,
          mostBytes: MOST_ANSWER_BYTES,
        };
        const answer = await this.#client.request(asked);
        if (wait === undefined || ![429, 502, 503, 504].includes(answer.status)) return answer;
        if (answer.status === 503 && jsonIn(answer)['error'] !== undefined) return answer;
      } catch (error) {
        // Of a file of this machine.
        if (error instanceof SnapshotError || this.#signal.aborted) throw error;
        if (wait === undefined) {
          const message = `Cannot reach "${this.host}": ${reasonOf(error)}`;
          throw new SnapshotError('E_AWAY', message, {
            cause: error,
            hint: 'What was sent stays there: try again later.',
          });
        }
      }
      await delay(wait, undefined, { signal: this.#signal });
    }
  }

  #unexpected(answer: HttpAnswer): SnapshotError {
    const { status, headers } = answer;
    const to = headers.location;
    if (status >= 300 && status < 400) {
      const where = to === undefined ? '' : ` to "${printable(to)}"`;
      const hint = 'The token was not sent there. If that is the server, give its address.';
      return new SnapshotError('E_STORE', `"${this.host}" redirects${where}`, { hint });
    }
    const said = `"${this.host}" says: ${messageIn(answer)}`;
    if (status === 401 || status === 403) return new SnapshotError('E_AUTH', said);
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

function jsonIn({ body }: HttpAnswer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function messageIn(answer: HttpAnswer): string {
  const { error } = jsonIn(answer);
  return typeof error === 'string' ? printable(error) : `HTTP status ${answer.status}`;
}
