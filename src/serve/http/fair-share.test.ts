import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { proxiesOf } from './client-address.ts';
import { shareFairly } from './fair-share.ts';

const MOST = 3;

/** A server that says hello, and where it is. */
async function listening(proxies: readonly string[] = []): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    setImmediate(() => socket.destroyed || socket.write('hello'));
  });
  shareFairly(server, MOST, proxiesOf(proxies));
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A connection; undefined when it was ended at once. */
async function greeted(port: number): Promise<Socket | undefined> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  return await Promise.race([
    once(socket, 'data').then(() => socket),
    once(socket, 'close').then(() => undefined),
  ]);
}

it('lets one address have so many connections, and another one for each that ends', async () => {
  const port = await listening();
  const all = [];
  for (let i = 0; i < MOST; i++) all.push(await greeted(port));
  expect(all).not.toContain(undefined);
  expect(await greeted(port)).toBeUndefined();
  expect(await greeted(port)).toBeUndefined();
  all[0]?.destroy();
  // The server sees a moment later that it has ended; only one more comes in.
  await expect.poll(async () => await greeted(port)).toBeDefined();
  expect(await greeted(port)).toBeUndefined();
});

it('does not count what comes through a proxy', async () => {
  const port = await listening(['127.0.0.0/8']);
  for (let i = 0; i < 2 * MOST; i++) expect(await greeted(port)).toBeDefined();
});
