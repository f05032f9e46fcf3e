// An HTTP server around what answers: what cannot be read as a request is answered in the same shape as everything else.
import {
  createServer as createHttp,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttps, type ServerOptions as TlsOptions } from 'node:https';
import type { Socket } from 'node:net';
import { getRequestListener, RequestError } from '@hono/node-server';
import { systemCode } from '../../base/errors.ts';
import { endSilent } from './silence.ts';

export interface HttpServerOptions extends ServerOptions {
  /** Answers a request. */
  readonly fetch: Parameters<typeof getRequestListener>[0];
  /** Told of what should not happen. */
  readonly fail: (error: unknown) => void;
  /** With no byte either way for so long, in milliseconds, nobody is there any more; without it, a minute. */
  readonly silenceMs?: number;
  /** Undefined: without TLS. */
  readonly tls?: Pick<TlsOptions, 'cert' | 'key'> | undefined;
}

/** What Node.js says of a head that it does not take, as what the client is told. */
const UNREADABLE: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'The head of the request is too long'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'The head of the request took too long to arrive'],
};

/** Makes one, which does not listen yet. */
export function httpServer({ fetch, fail, tls, silenceMs = 60_000, ...options }: HttpServerOptions): Server {
  const errorHandler = (error: unknown): Response => {
    if (error instanceof RequestError) return refusal(400, `This is no request: ${error.message}`);
    fail(error);
    return refusal(500, 'The server failed; its log says why');
  };
  const answer = getRequestListener(fetch, { errorHandler });
  const listener = (request: IncomingMessage, response: ServerResponse): void =>
    void answer(request, response);
  const server = (
    tls === undefined ? createHttp(options, listener) : createHttps({ ...options, ...tls }, listener)
  ) as Server;
  endSilent(server, silenceMs);
  const last = new WeakMap<Socket, ServerResponse>();
  server.prependListener('request', (request, response) => {
    last.set(request.socket, response);
    // A body that these do not have, and that comes byte by byte, would keep the connection of anybody for ever.
    response.once('finish', () => {
      if (['GET', 'HEAD'].includes(request.method ?? '') && !request.complete) request.socket.destroySoon();
    });
  });
  server.on('clientError', (error, socket) => {
    // A second answer to one request would be taken for that to the next one.
    const { headersSent = false, writableFinished = true, req } = last.get(socket as Socket) ?? {};
    const isFree = !headersSent || (writableFinished && req?.complete === true);
    if (!socket.writable || !isFree) return void socket.destroy();
    const [status, name, message] = UNREADABLE[systemCode(error) ?? ''] ?? [
      400,
      'Bad Request',
      'This is no request that HTTP has',
    ];
    const body = JSON.stringify({ error: message });
    const head = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close`;
    socket.end(`HTTP/1.1 ${status} ${name}\r\n${head}\r\n\r\n${body}`);
    return undefined;
  });
  server.on('checkExpectation', (_, response) => {
    const body = JSON.stringify({ error: 'This expects nothing but `Expect: 100-continue`' });
    const length = Buffer.byteLength(body);
    response.writeHead(417, {
      'Content-Type': 'application/json',
      'Content-Length': length,
      Connection: 'close',
    });
    response.end(body);
  });
  return server;
}

function refusal(status: number, error: string): Response {
  return Response.json({ error }, { status, headers: { Connection: 'close' } });
}
