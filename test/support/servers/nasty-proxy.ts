// Stands before a real server, and does to requests what networks and providers do.
import { once } from 'node:events';
import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';

interface Answer {
  readonly status: number;
  readonly headers?: IncomingHttpHeaders;
  readonly body?: string | Buffer;
}

/** What happens to a request. */
export type Trouble =
  /** It is answered so, and never arrives. */
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** It arrives, and something else is answered. */
  | { readonly kind: 'change'; readonly change: (answer: Required<Answer>) => Answer }
  /** So much of it arrives before the connection is cut. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** Only so much of the answer arrives. */
  | { readonly kind: 'cutAnswer'; readonly afterBytes: number }
  /** It arrives, and nobody hears of it. */
  | { readonly kind: 'lose' }
  /** Nobody ever answers. */
  | { readonly kind: 'hang' }
  /** It arrives without this header. */
  | { readonly kind: 'strip'; readonly header: string };

export class NastyProxy {
  /** Each request that came, as `GET /path?query`. */
  readonly requests: string[] = [];
  /** What happens to each of them; as it comes, nothing. */
  trouble: (request: string) => Trouble | undefined = () => undefined;
  readonly #server: http.Server;
  readonly #target: string;
  #port = 0;

  private constructor(target: string, tls: { readonly key: string; readonly cert: string } | undefined) {
    const onRequest = (request: IncomingMessage, response: ServerResponse): void =>
      void this.#pass(request, response).catch(() => response.destroy());
    this.#server = tls === undefined ? http.createServer(onRequest) : https.createServer(tls, onRequest);
    this.#target = target;
  }

  /** @param target - `HOST:PORT` of the server. */
  static async start(
    target: string,
    tls?: { readonly key: string; readonly cert: string },
  ): Promise<NastyProxy> {
    const proxy = new NastyProxy(target, tls);
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    proxy.#port = (proxy.#server.address() as AddressInfo).port;
    return proxy;
  }

  /** `127.0.0.1:PORT`. */
  get host(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await once(this.#server.close(), 'close');
  }

  /** The next request that `matches` meets `trouble`; those after it do not. */
  once(matches: RegExp, trouble: Trouble): void {
    let isOver = false;
    this.trouble = (request) => {
      if (isOver || !matches.test(request)) return undefined;
      isOver = true;
      return trouble;
    };
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = `${request.method} ${request.url}`;
    this.requests.push(asked);
    const trouble = this.trouble(asked);
    if (trouble?.kind === 'hang') return;
    if (trouble?.kind === 'answer') {
      request.resume();
      await once(request, 'end');
      send(response, trouble.answer);
      return;
    }
    const [host, port] = this.#target.split(':');
    const headers = { ...request.headers };
    if (trouble?.kind === 'strip') delete headers[trouble.header];
    const onward = http.request({ host, port, method: request.method, path: request.url, headers });
    onward.on('error', () => response.destroy());
    // Who has gone is gone for the server, too.
    request.once('close', () => {
      if (!request.complete) onward.destroy();
    });
    let passed = 0;
    request.on('data', (bytes: Buffer) => {
      passed += bytes.length;
      if (trouble?.kind === 'cut' && passed > trouble.afterBytes) {
        onward.destroy();
        request.socket.destroy();
        return;
      }
      if (onward.write(bytes)) return;
      request.pause();
      onward.once('drain', () => request.resume());
    });
    request.once('end', () => onward.end());
    const [answer] = (await once(onward, 'response')) as [IncomingMessage];
    const parts: Buffer[] = [];
    for await (const part of answer as AsyncIterable<Buffer>) parts.push(part);
    const body = Buffer.concat(parts);
    const whole = { status: answer.statusCode ?? 0, headers: answer.headers, body };
    if (trouble?.kind === 'lose') request.socket.destroy();
    else if (trouble?.kind === 'cutAnswer') {
      response.writeHead(whole.status, lengthened(whole.headers, body));
      response.write(body.subarray(0, trouble.afterBytes), () => request.socket.destroy());
    } else send(response, trouble?.kind === 'change' ? trouble.change(whole) : whole);
  }
}

function send(response: ServerResponse, { status, headers = {}, body = '' }: Answer): void {
  response.writeHead(status, lengthened(headers, body));
  response.end(body);
}

/** With the length of `body`, whatever it was before. */
function lengthened(headers: IncomingHttpHeaders, body: string | Buffer): IncomingHttpHeaders {
  const { 'transfer-encoding': _, ...kept } = headers;
  return { ...kept, 'content-length': String(Buffer.byteLength(body)) };
}
