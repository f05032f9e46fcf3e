// A served folder in this process, asked as clients and commands do.
import { EventEmitter, once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AccountSync } from './control.ts';
import { ServedFolder } from './folder.ts';
import { serveFolder, type Serving } from './server.ts';
import { syncFolder } from './sync-folder.ts';
import { Accounts } from './users/accounts.ts';

let folder: ServedFolder;
let accounts: Accounts;
let token: string;
let serving: Serving | undefined;
let synced: EventEmitter;

async function addAccount(name: string): Promise<void> {
  await accounts.add(name, undefined, new Date());
  await folder.makeAccount(name);
}

async function serve(watch = false): Promise<Serving> {
  serving = await serveFolder({
    folder: folder.root,
    listen: '127.0.0.1:0',
    insecureLan: false,
    baseUrl: undefined,
    trustedProxies: [],
    cert: undefined,
    key: undefined,
    limits: { mostFileBytes: 1e6, minFreeBytes: 0 },
    onRead: () => {},
    onSync: (one) => void synced.emit('sync', one),
    watch,
    onError: () => {},
  });
  return serving;
}

const files = (...names: string[]): string => join(folder.placeOf('anna').files, ...names);

/** An answer to a request with the token of `anna`, or another one. */
async function ask(path: string, init: RequestInit = {}, secret: string = token): Promise<Response> {
  const Authorization = secret === '' ? [] : [['Authorization', `Bearer ${secret}`] as const];
  const headers = { ...Object.fromEntries(Authorization), ...(init.headers as Record<string, string>) };
  return await fetch(`${serving?.url ?? ''}${path}`, { ...init, headers });
}

async function upload(query: string, body: string, type = 'text/plain'): Promise<unknown> {
  const answer = await ask(`/upload?${query}`, { method: 'POST', body, headers: { 'Content-Type': type } });
  return answer.status === 201 ? ((await answer.json()) as { path: string }).path : answer.status;
}

async function synchronized(rehash = false): Promise<readonly AccountSync[]> {
  return await syncFolder(folder.root, rehash, () => {});
}

beforeEach(async () => {
  folder = new ServedFolder(realpathSync(mkdtempSync(join(tmpdir(), 'snapshot-served-'))));
  await folder.make();
  accounts = new Accounts(folder.users);
  await addAccount('anna');
  token = await accounts.addToken('anna', 'all', new Date());
  synced = new EventEmitter();
});
afterEach(async () => {
  await serving?.close();
  serving = undefined;
  rmSync(folder.root, { recursive: true });
});

describe('a served folder', () => {
  it('slows nobody down who has no token yet, and who has wrong ones', async () => {
    await serve();
    for (let i = 0; i < 12; i++) expect((await ask('/v1/account', {}, '')).status).toBe(401);
    const statuses: number[] = [];
    for (let i = 0; i < 11; i++) statuses.push((await ask('/v1/account', {}, 'wrong')).status);
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429]);
    expect((await ask('/v1/account')).status).toBe(200);
  });

  it('reads names and wishes as they are sent', async () => {
    await serve();
    expect(await upload('name=a+b+c.txt', 'one')).toBe('a b c.txt');
    expect(await upload('name=a%2Bb.txt', 'two')).toBe('a+b.txt');
    const begun = await ask('/v1/uploads', {
      method: 'POST',
      headers: {
        'Tus-Resumable': '1.0.0',
        'Upload-Length': '0',
        'Upload-Metadata': `name ${Buffer.from('a+b.txt').toString('base64')},rename`,
      },
    });
    const look = { method: 'HEAD', headers: { 'Tus-Resumable': '1.0.0' } };
    const { headers } = await ask(begun.headers.get('Location') ?? '', look);
    expect(decodeURIComponent(headers.get('Upload-Path') ?? '')).toBe('a+b (2).txt');
  });

  it('takes for mangled what is too long to have no line ends by chance', async () => {
    await serve();
    const type = 'application/x-www-form-urlencoded';
    expect(await upload('name=a', 'x'.repeat(1023), type)).toBe('a');
    expect(await upload('name=b', 'x'.repeat(1024), type)).toBe(422);
  });

  it('tells of each change once, however many there are', async () => {
    for (let i = 0; i < 1100; i++) writeFileSync(files(`${i}`), `${i}`);
    await (
      await serve()
    ).first;
    const lines = (await (await ask('/v1/changes')).text()).trim().split('\n');
    expect([lines.length, new Set(lines).size]).toEqual([1101, 1101]);
  });

  it('sends a folder by its own name, and one file that is left out is named', async () => {
    mkdirSync(files('a', 'b'), { recursive: true });
    for (const name of ['here', 'gone']) writeFileSync(files('a', 'b', name), name);
    await (
      await serve()
    ).first;
    rmSync(files('a', 'b', 'gone'));
    const asked = { method: 'POST', body: JSON.stringify({ folder: 'a/b' }) };
    const { url } = (await (await ask('/v1/tickets', asked)).json()) as { url: string };
    const zip = Buffer.from(await (await ask(url, {}, '')).arrayBuffer()).toString('latin1');
    expect(['b/here', 'a/b/here', 'NOT IN THIS ZIP.txt'].map((name) => zip.includes(name))).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('is looked at by a command as it says: new accounts, and what only a hash tells', async () => {
    await serve();
    await upload('name=a&modified=1000', 'one');
    writeFileSync(files('a'), 'two');
    utimesSync(files('a'), 1, 1);
    await addAccount('berta');
    expect(await synchronized()).toMatchObject([
      { account: 'anna', changed: 0, matched: 1 },
      { account: 'berta', new: 0 },
    ]);
    expect(await synchronized(true)).toMatchObject([{ account: 'anna', changed: 1 }, { account: 'berta' }]);
  });

  it('tells of a file that somebody has changed', async () => {
    await serve(true);
    await upload('name=a', 'one');
    const told = once(synced, 'sync');
    writeFileSync(files('a'), 'another');
    expect(await told).toMatchObject([{ account: 'anna', new: 0, changed: 1 }]);
  });

  it('is used again when a disk that was away at the start is back', async () => {
    await serve();
    await upload('name=a', 'one');
    await serving?.close();
    renameSync(files(), `${files()}.away`);
    expect(await (await serve()).first).toMatchObject([{ account: 'anna', error: expect.any(String) }]);
    expect((await ask('/v1/files/a')).status).toBe(503);
    renameSync(`${files()}.away`, files());
    expect(await (await ask('/v1/files/a')).text()).toBe('one');
  });
});

/** More of them: `SNAPSHOT_TEST_RUNS=10000`. Without a limit for each address, 1,024 are enough to keep all others out. */
const HALF_OPEN = Number(process.env['SNAPSHOT_TEST_RUNS'] ?? 2000);

// Elsewhere 127.0.0.2 is not there.
describe.skipIf(process.platform !== 'linux')('thousands of half-open uploads from one address', () => {
  it('keep no other one out', async () => {
    const { port } = new URL((await serve()).url);
    const open = new Set<Socket>();
    for (let i = 0; i < HALF_OPEN; i++) {
      const socket = connect(Number(port), '127.0.0.1');
      open.add(socket.resume());
      socket.on('error', () => {});
      socket.on('close', () => open.delete(socket));
      socket.on('connect', () => socket.write(`POST /upload?name=a HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`));
      // A few at a time, so that none waits in line for the server.
      if (i % 100 === 99) await once(socket, 'connect').catch(() => {});
    }
    await expect.poll(() => open.size, { timeout: 20_000 }).toBeLessThanOrEqual(256);
    const headers = { Authorization: `Bearer ${token}`, Host: `127.0.0.1:${port}` };
    const other = { host: '127.0.0.1', port, path: '/v1/files/none', headers, localAddress: '127.0.0.2' };
    const answered = once(request(other).end(), 'response') as Promise<[IncomingMessage]>;
    expect((await answered)[0].resume().statusCode).toBe(404);
    for (const socket of open) socket.destroy();
  });
});
