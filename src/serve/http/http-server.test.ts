import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { httpServer } from './http-server.ts';

/** All that is answered to `text`, by a server that fails when it is asked for `/fail`. @param more - What comes after it. */
async function answerTo(
  text: string,
  more: 'nothing' | 'silent' | 'drops' = 'nothing',
): Promise<{ readonly statuses: readonly number[]; readonly said: string; readonly failures: number }> {
  let failures = 0;
  const server = httpServer({
    fetch: async (request) => {
      if (request.url.endsWith('/wait')) await request.text();
      if (request.url.endsWith('/fail')) throw new Error('Cannot read "/secret/place"');
      return await Promise.resolve(Response.json({}));
    },
    fail: () => failures++,
    maxHeaderSize: 2048,
    silenceMs: 300,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  let answer = '';
  socket.on('data', (part) => (answer += part.toString()));
  socket.on('error', () => {});
  socket.write(text);
  if (more === 'nothing') socket.end();
  const dripping = setInterval(() => void (more === 'drops' && socket.write('x')), 20);
  await once(socket, 'close');
  clearInterval(dripping);
  const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
  const { error = '' } = JSON.parse(/\{.*\}$/.exec(answer)?.[0] ?? '{}') as { error?: string };
  return { statuses, said: error, failures };
}

const HOST = 'Host: localhost\r\n';

it.each([
  ['is too long', `GET / HTTP/1.1\r\n${HOST}X: ${'x'.repeat(3000)}\r\n\r\n`, 431, 'too long'],
  ['is none', 'nonsense\r\n\r\n', 400, 'no request that HTTP has'],
  [
    'has two lengths',
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
    400,
    'HTTP',
  ],
  ['asks for no path', `GET /\\x HTTP/1.1\r\n${HOST}\r\n`, 400, 'This is no request: Backslash'],
  ['expects what is not known', `GET / HTTP/1.1\r\n${HOST}Expect: more\r\n\r\n`, 417, 'expects nothing but'],
])('a request that %s is told why, in JSON', async (_, text, status, said) => {
  expect(await answerTo(text)).toEqual({
    statuses: [status],
    said: expect.stringContaining(said) as string,
    failures: 0,
  });
});

it('what fails is told to who runs the server, and not to who asks', async () => {
  const { statuses, said, failures } = await answerTo(
    `GET /fail HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
  );
  expect({ statuses, failures }).toEqual({ statuses: [500], failures: 1 });
  expect(said).not.toContain('secret');
});

it('a body that breaks off after the answer gets no second one', async () => {
  const { statuses } = await answerTo(`POST / HTTP/1.1\r\n${HOST}Content-Length: 9\r\n\r\nhalf`);
  expect(statuses).toHaveLength(1);
});

it('a body of which nothing comes any more keeps no connection', { timeout: 4_000 }, async () => {
  const text = `POST /wait HTTP/1.1\r\n${HOST}Content-Length: 9\r\n\r\nhalf`;
  expect((await answerTo(text, 'silent')).statuses).toEqual([]);
});

it('a body that drips in after the answer does not keep its connection', { timeout: 4_000 }, async () => {
  const { statuses } = await answerTo(`POST / HTTP/1.1\r\n${HOST}Content-Length: 99999\r\n\r\nhalf`, 'drops');
  expect(statuses).toEqual([200]);
});

it('a body that a GET has, and that does not come, keeps no connection', { timeout: 4_000 }, async () => {
  const { statuses } = await answerTo(`GET / HTTP/1.1\r\n${HOST}Content-Length: 9\r\n\r\nhalf`, 'drops');
  expect(statuses).toEqual([200]);
});
