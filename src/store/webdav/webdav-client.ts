// Requests to one server of WebDAV.
import type { HttpAnswer, HttpClient } from '../http/http-client.ts';
import { networkError } from '../http/http-error.ts';
import type { SpooledFile } from '../objects.ts';
import { SnapshotError } from '../../base/errors.ts';
import { LISTED, type Resource, resourcesOf } from './multistatus.ts';
import { encodedPath } from './webdav-address.ts';
import { webdavError } from './webdav-error.ts';

/** Some hundred thousand names. */
const MOST_LISTED_BYTES = 256 * 1024 * 1024;

export interface WebdavRequest {
  readonly method: 'GET' | 'PUT' | 'DELETE' | 'MKCOL' | 'MOVE' | 'PROPFIND';
  /** On the server, decoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | SpooledFile;
  readonly signal?: AbortSignal | undefined;
  readonly silenceMs?: number | undefined;
  readonly mostBytes?: number | undefined;
  /** For errors: `Cannot read "webdavs://..."`. */
  readonly what: string;
  /** Statuses, besides those from 200 to 299, that the caller wants to see. */
  readonly accept?: readonly number[];
}

interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  /** Statuses that are no error: nothing is known then. */
  readonly accept?: readonly number[];
  readonly question?: Buffer;
}

export class WebdavClient {
  readonly #http: HttpClient;
  readonly #origin: URL;
  readonly #login: string | undefined;

  constructor(http: HttpClient, origin: URL, login: string | undefined) {
    this.#http = http;
    this.#origin = origin;
    this.#login = login;
  }

  /** @throws {@link SnapshotError} for every refusal that is not accepted, and when there is no answer. */
  async call(asked: WebdavRequest): Promise<HttpAnswer> {
    const { method, body, signal, silenceMs, mostBytes, what } = asked;
    const headers = {
      ...asked.headers,
      ...(this.#login === undefined ? {} : { Authorization: this.#login }),
    };
    let answer: HttpAnswer;
    try {
      const url = new URL(this.urlOf(asked.path));
      answer = await this.#http.request({ method, url, headers, body, signal, silenceMs, mostBytes });
    } catch (error) {
      throw networkError(what, this.#origin.host, error);
    }
    const { status } = answer;
    if ((status >= 200 && status < 300) || asked.accept?.includes(status) === true) return answer;
    throw webdavError(what, answer);
  }

  urlOf(path: string): string {
    return this.#origin.origin + encodedPath(path);
  }

  /** A file or folder, and with `depth` 1 what lies in it; undefined when there is none, or no WebDAV. */
  async ask(
    path: string,
    depth: 0 | 1,
    what: string,
    { signal, accept = [], question = LISTED }: AskOptions = {},
  ): Promise<readonly Resource[] | undefined> {
    const answer = await this.call({
      method: 'PROPFIND',
      path,
      headers: { Depth: String(depth), 'Content-Type': 'application/xml; charset=utf-8' },
      body: question,
      mostBytes: MOST_LISTED_BYTES,
      signal,
      what,
      accept: [404, ...accept],
    });
    if (answer.status === 404 || accept.includes(answer.status)) return undefined;
    const resources = answer.status === 207 ? resourcesOf(answer.body) : undefined;
    if (resources !== undefined && resources.length > 0) return resources;
    throw new SnapshotError('E_STORE', `${what}: what the server answers is no listing of WebDAV`, {
      hint: 'Check the host and the path of the address.',
    });
  }
}
