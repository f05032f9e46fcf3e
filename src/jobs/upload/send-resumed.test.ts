// A large file, and a server that never gets anywhere with it; with one that does: test/upload.test.ts.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { LibraryClient } from './library-client.ts';
import { sendResumed } from './send-resumed.ts';

const BYTES = 4 * 1024 * 1024;

/** The way of an upload through a server that has `arrived` bytes of it by each request, and does this with what comes. */
async function sending(
  patch: (request: IncomingMessage, response: ServerResponse) => void,
  arrived: (patches: number) => number,
  begun?: string,
): Promise<{ readonly asked: readonly string[]; readonly end: Promise<unknown> }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { method = '' } = request;
    asked.push(method);
    const patches = asked.filter((one) => one === 'PATCH').length;
    if (method === 'PATCH') patch(request, response);
    else if (method === 'HEAD') response.writeHead(200, { 'Upload-Offset': arrived(patches) }).end();
    else response.writeHead(201, { Location: `/v1/uploads/${asked.length}` }).end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const { signal } = new AbortController();
  const client = new LibraryClient(`http://127.0.0.1:${port}`, 'token', undefined, signal);
  onTestFinished(() => {
    client.close();
    server.close();
    server.closeAllConnections();
  });
  const body = {
    sizeBytes: BYTES,
    read: async (_: number, length: number) => await Promise.resolve(Buffer.alloc(length)),
  };
  const file = { name: 'file', blake3: '0'.repeat(64), modifiedMs: 0, body, rename: false };
  return { asked, end: sendResumed(client, file, begun) };
}

/** Takes much of it, and cuts the line. */
function cut(request: IncomingMessage): void {
  let bytes = 0;
  request.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes > 500_000) request.socket.destroy();
  });
}

function countOf(asked: readonly string[], method: string): number {
  return asked.filter((one) => one === method).length;
}

it('ends where something in between takes it and cuts the line each time', async () => {
  const { asked, end } = await sending(cut, () => 0);
  await expect(end).rejects.toMatchObject({ code: 'E_AWAY' });
  expect([countOf(asked, 'POST'), countOf(asked, 'PATCH')]).toEqual([1, 6]);
});

it('goes on through more cuts than that as long as more of it arrives', async () => {
  const { asked, end } = await sending(
    (request, response) => {
      if (countOf(asked, 'PATCH') < 20) cut(request);
      else
        request.resume().on('end', () => {
          response.writeHead(204, { 'Upload-Status': 'stored' }).end();
        });
    },
    (patches) => patches * 1000,
  );
  expect(await end).toEqual({ status: 'stored', name: undefined });
});

it('ends where it is begun anew each time', async () => {
  const { asked, end } = await sending(
    (request, response) => void request.resume().on('end', () => response.writeHead(404).end()),
    () => 0,
    '/v1/uploads/old',
  );
  await expect(end).rejects.toMatchObject({ code: 'E_STORE' });
  expect(countOf(asked, 'PATCH')).toBe(6);
});

it('waits for a server that takes no more at the moment', async () => {
  const { asked, end } = await sending(
    (request, response) =>
      void request.resume().on('end', () => {
        if (countOf(asked, 'PATCH') > 1) response.writeHead(204, { 'Upload-Status': 'known' }).end();
        else response.writeHead(429).end('{"error":"An account sends 32 files at once, and no more"}');
      }),
    () => 0,
  );
  expect(await end).toEqual({ status: 'known', name: undefined });
  expect(asked).toEqual(['POST', 'PATCH', 'HEAD', 'PATCH']);
});

it('begins anew where the one that had begun it asked for a name that is taken by now', async () => {
  const { asked, end } = await sending(
    (request, response) =>
      void request.resume().on('end', () => {
        if (request.url === '/v1/uploads/old')
          response.writeHead(412).end('{"status":"taken","free":"file (2)"}');
        else response.writeHead(204, { 'Upload-Status': 'stored', 'Upload-Path': 'caf%C3%A9%20(2)' }).end();
      }),
    () => 1000,
    '/v1/uploads/old',
  );
  expect(await end).toEqual({ status: 'stored', name: 'café (2)' });
  expect(asked).toEqual(['HEAD', 'PATCH', 'POST', 'PATCH']);
});
