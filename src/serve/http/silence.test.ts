import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { endSilent } from './silence.ts';

const SILENCE_MS = 100;
let server: Server;
let port: number;

beforeEach(async () => {
  server = createServer((asked, answer) => {
    asked.on('end', () => setTimeout(() => answer.end('late'), 5 * SILENCE_MS));
    asked.resume();
  });
  endSilent(server, SILENCE_MS);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

it.each([
  '',
  'POST / HTTP/1.1\r\nHost: x\r\n',
  'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf',
])('ends a connection that says nothing after %j', async (text) => {
  const socket = connect(port, '127.0.0.1', () => socket.write(text));
  socket.on('error', () => undefined);
  await once(socket, 'close');
});

it('waits with who waits for an answer, again and again', async () => {
  const asked = request({ port, host: '127.0.0.1', method: 'POST' });
  asked.end('all of it');
  const [answer] = (await once(asked, 'response')) as [AsyncIterable<Buffer>];
  let text = '';
  for await (const bytes of answer) text += bytes.toString();
  expect(text).toBe('late');
});
