// Servers for tests: real ones, on this machine.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from 'node:net';
import { onTestFinished } from 'vitest';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

export interface WebServer {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly received: Received[];
}

type Answer = (response: ServerResponse, nth: number) => void;

/** A web server that answers with `answer`, or OK; ends with the test. */
export async function webServer(answer: Answer = (response) => response.end('OK')): Promise<WebServer> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { method = '', url: path = '', headers } = request;
      const { authorization, 'content-type': type } = headers;
      received.push({ method, path, authorization, type, body });
      answer(response, received.length);
    });
  });
  const origin = `http://127.0.0.1:${await portOf(server)}`;
  onTestFinished(() => server.closeAllConnections());
  return { origin, received };
}

/** A port that takes connections and never says a word. */
export async function silentPort(): Promise<number> {
  const sockets: Socket[] = [];
  const server = createTcpServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
  });
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
  return await portOf(server);
}

/** A port where nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createTcpServer();
  const port = await portOf(server);
  server.close();
  await once(server, 'close');
  return port;
}

async function portOf(server: Server | TcpServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
