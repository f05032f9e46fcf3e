import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { endSilent } from './silence.ts';

const SILENCE_MS = 100;
let server: Server;
let port: number;

beforeEach(async () => {
  server = createServer((asked, answer) => {
    // Half of it at once, or more than anybody takes at once.
    if (asked.url === '/half') answer.write('half, ');
    if (asked.url === '/much') answer.write(Buffer.alloc(64 << 20));
    if (asked.url !== '/much') asked.on('end', () => setTimeout(() => answer.end('late'), 5 * SILENCE_MS));
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

it('ends a connection whose client does not read what it was sent', { timeout: 4000 }, async () => {
  const socket = connect(port, '127.0.0.1', () => socket.write('GET /much HTTP/1.1\r\nHost: x\r\n\r\n'));
  const far = (await once(server, 'connection'))[0] as Socket;
  socket.on('error', () => undefined).pause();
  await once(far, 'close');
  socket.destroy();
});

it.each([
  ['/', 'late'],
  ['/half', 'half, late'],
])('waits with who waits for an answer, or for the rest of it, again and again: %s', async (path, said) => {
  const asked = request({ port, path, host: '127.0.0.1', method: 'POST' });
  asked.end('all of it');
  const [answer] = (await once(asked, 'response')) as [AsyncIterable<Buffer>];
  let text = '';
  for await (const bytes of answer) text += bytes.toString();
  expect(text).toBe(said);
});
