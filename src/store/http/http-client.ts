// Requests to servers of objects: what comes back is in memory, and bounded; what is sent may be a file.
import http, { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { pipeline, Readable } from 'node:stream';
import { reasonOf, SnapshotError } from '../../base/errors.ts';
import type { SpooledFile } from '../objects.ts';

/** With no byte going either way for so long, nobody is there any more. */
const SILENCE_MS = 30_000;
/** What is sent goes in pieces of this size, so that a slow line shows its progress. */
const PIECE_BYTES = 64 * 1024;

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | SpooledFile | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Instead of the time that the client gives every server. */
  readonly silenceMs?: number | undefined;
  /** A longer answer is an error. */
  readonly mostBytes?: number | undefined;
  /**
   * Takes the body of a 200 or 206 piece by piece, which is then not in the answer. When it throws, the request ends, with that error.
   * Where a request is tried again it is called again.
   */
  readonly take?: ((head: HttpHead, body: AsyncIterable<Buffer>) => Promise<void>) | undefined;
}

export interface HttpHead {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

export interface HttpAnswer extends HttpHead {
  readonly body: Buffer;
}

/** What was to be sent cannot be read: that is of this machine, and not of the way to the server. */
export class UnreadableError extends SnapshotError {
  constructor(cause: unknown) {
    super('E_STORE', `What was to be sent cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

export class HttpClient {
  readonly #silenceMs: number;
  readonly #http: http.Agent = new http.Agent({ keepAlive: true });
  readonly #https: https.Agent;
  readonly #active = new Set<ClientRequest>();
  #isClosed = false;

  /** @param ca - Certificates that are trusted instead of those that Node trusts. */
  constructor(options: { readonly silenceMs?: number | undefined; readonly ca?: Buffer | undefined } = {}) {
    this.#silenceMs = options.silenceMs ?? SILENCE_MS;
    this.#https = new https.Agent({
      keepAlive: true,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    });
  }

  /**
   * Sends it, and reads all of the answer, whatever its status is. What the system throws comes out as it is; silence is
   * `ETIMEDOUT`.
   */
  async request(asked: HttpRequest): Promise<HttpAnswer> {
    const { signal } = asked;
    signal?.throwIfAborted();
    if (this.#isClosed) throw new SnapshotError('E_STORE', `Cannot ask "${asked.url.host}": it was closed`);
    try {
      return await this.#exchange(asked);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  }

  async #exchange(asked: HttpRequest): Promise<HttpAnswer> {
    const { method, url, signal, body = new Uint8Array() } = asked;
    const isSecure = url.protocol === 'https:';
    const timeout = asked.silenceMs ?? this.#silenceMs;
    const length = body instanceof Uint8Array ? body.length : body.sizeBytes;
    const hasBody = method === 'PUT' || method === 'POST' || length > 0;
    const options = {
      method,
      agent: isSecure ? this.#https : this.#http,
      headers: { ...asked.headers, ...(hasBody ? { 'Content-Length': String(length) } : {}) },
      timeout,
      ...(signal === undefined ? {} : { signal }),
    };
    return await new Promise((resolve, reject) => {
      const request = (isSecure ? https : http).request(url, options);
      this.#active.add(request);
      request.once('close', () => this.#active.delete(request));
      request.once('timeout', () =>
        request.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })),
      );
      // What the system has taken is still on its way, at the pace that it had so far: on a slow line, for long.
      const begunMs = performance.now();
      request.once('finish', () => request.setTimeout(timeout + performance.now() - begunMs));
      // Once there is an answer, nothing that happens to the request counts: a server may refuse it before it has all of it.
      request.on('error', reject);
      request.once('response', (response) => {
        const head = { status: response.statusCode ?? 0, headers: response.headers };
        readBody(head, response, asked).then(
          (bytes) => {
            resolve({ ...head, body: bytes });
            if (!request.writableFinished) request.destroy();
          },
          (error: unknown) => {
            request.destroy();
            reject(error);
          },
        );
      });
      if (length === 0) request.end();
      else {
        const pieces =
          body instanceof Uint8Array
            ? piecesOf(body)
            : piecesOfFile(body, (error) => void request.destroy(error));
        pipeline(Readable.from(pieces, { objectMode: false }), request, () => {});
      }
    });
  }

  /** Ends what is under way, and all connections. */
  close(): void {
    this.#isClosed = true;
    for (const request of this.#active) request.destroy();
    this.#http.destroy();
    this.#https.destroy();
  }
}

function* piecesOf(body: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < body.length; at += PIECE_BYTES) yield body.subarray(at, at + PIECE_BYTES);
}

/** @param fail - Gets what goes wrong with the file: of the pipeline, a request would say no more than that it was cut. */
async function* piecesOfFile(file: SpooledFile, fail: (error: Error) => void): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.sizeBytes;) {
    let bytes: Uint8Array;
    try {
      bytes = await file.read(at, Math.min(PIECE_BYTES, file.sizeBytes - at));
      if (bytes.length === 0) {
        throw new SnapshotError('E_STORE', `What was to be sent ends at byte ${at} of ${file.sizeBytes}`);
      }
    } catch (error) {
      fail(error instanceof SnapshotError ? error : new UnreadableError(error));
      return;
    }
    yield bytes;
    at += bytes.length;
  }
}

async function readBody(head: HttpHead, response: IncomingMessage, asked: HttpRequest): Promise<Buffer> {
  const { take, mostBytes } = asked;
  if (take === undefined || (head.status !== 200 && head.status !== 206))
    return await readAll(response, mostBytes);
  await take(head, response as AsyncIterable<Buffer>);
  return Buffer.alloc(0);
}

async function readAll(response: IncomingMessage, mostBytes = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  // It throws ECONNRESET when the connection ends before the answer does.
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    length += part.length;
    if (length > mostBytes) {
      throw new SnapshotError(
        'E_STORE',
        `The server sends more than the ${mostBytes} bytes that were asked for`,
      );
    }
  }
  return Buffer.concat(parts);
}
