// A large file, and a server that never gets anywhere with it; with one that does: test/upload.test.ts.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { LibraryClient } from './library-client.ts';
import { sendResumed } from './send-resumed.ts';

const BYTES = 4 * 1024 * 1024;
const CONTENT = Buffer.alloc(BYTES, Buffer.from(Array.from({ length: 251 }, (_, i) => i)));

/** The way of an upload through a server that has `arrived` bytes of it by each request, and does this with what comes; -1: it knows of none. */
async function sending(
  patch: (request: IncomingMessage, response: ServerResponse) => void,
  arrived: (patches: number) => number,
  begun?: string,
): Promise<{
  readonly asked: readonly string[];
  readonly announced: readonly string[];
  readonly end: Promise<unknown>;
}> {
  const asked: string[] = [];
  const announced: string[] = [];
  const server = createServer((request, response) => {
    const { method = '' } = request;
    asked.push(method);
    const patches = asked.filter((one) => one === 'PATCH').length;
    const at = arrived(patches);
    if (method === 'PATCH') patch(request, response);
    else if (method === 'HEAD') response.writeHead(at < 0 ? 404 : 200, { 'Upload-Offset': at }).end();
    else announced.push(String(request.headers['upload-metadata']));
    if (method === 'POST') response.writeHead(201, { Location: `/v1/uploads/${asked.length}` }).end();
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
    read: async (at: number, length: number) => await Promise.resolve(CONTENT.subarray(at, at + length)),
  };
  const file = { name: 'file', blake3: '0'.repeat(64), modifiedMs: 0, body, rename: false };
  return { asked, announced, end: sendResumed(client, file, begun) };
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

it('sends what the server does not have', async () => {
  const parts: Buffer[] = [];
  const { end } = await sending(
    (request, response) =>
      void request
        .on('data', (part: Buffer) => parts.push(part))
        .on('end', () => response.writeHead(204, { 'Upload-Status': 'stored' }).end()),
    () => 100_001,
    '/v1/uploads/old',
  );
  await end;
  expect(Buffer.concat(parts).equals(CONTENT.subarray(100_001))).toBe(true);
});

it('is no further where the server forgets, and remembers again', async () => {
  const { asked, end } = await sending(
    (request, response) => {
      if (countOf(asked, 'PATCH') < 20) cut(request);
      else response.writeHead(204, { 'Upload-Status': 'stored' }).end();
    },
    (patches) => (patches % 2 === 0 ? 1000 : 0),
    '/v1/uploads/old',
  );
  await expect(end).rejects.toMatchObject({ code: 'E_AWAY' });
});

it('is announced, for its own name, where the server knows of it no more', async () => {
  const { asked, announced, end } = await sending(
    (request, response) =>
      void request.resume().on('end', () => response.writeHead(204, { 'Upload-Status': 'stored' }).end()),
    () => -1,
    '/v1/uploads/old',
  );
  await end;
  expect(asked).toEqual(['HEAD', 'POST', 'PATCH']);
  expect(announced[0]?.split(',')).toContain(`rename ${Buffer.from('0').toString('base64')}`);
});
