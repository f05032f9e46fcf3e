// Rounds against a server that says what a test wants it to; with a real one: test/serve-mirror.test.ts.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { loadBlake3 } from '../../hash/blake3.ts';
import { Follower, type FollowOptions, type RoundResult } from './follower.ts';

const hasher = await (await loadBlake3()).create();

function hashOf(content: string): string {
  hasher.reset();
  hasher.update(Buffer.from(content));
  return Buffer.from(hasher.digest()).toString('hex');
}

/** A library that is served: what was done to it, in its order. */
class Server {
  readonly #changes = new Map<string, { readonly n: number; readonly content: string | undefined }>();
  #n = 0;
  url = '';

  static async open(files: Readonly<Record<string, string>> = {}): Promise<Server> {
    const library = new Server();
    for (const [path, content] of Object.entries(files)) library.put(path, content);
    const server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
      if (pathname === '/v1/account') response.end(JSON.stringify({ account: 'anna', scope: 'read' }));
      else if (pathname === '/v1/changes')
        response.end(library.#linesAfter(Number(searchParams.get('after'))));
      else {
        const content = library.#changes.get(
          decodeURIComponent(pathname.slice('/v1/files/'.length)),
        )?.content;
        if (content === undefined) response.writeHead(404).end();
        else response.setHeader('ETag', `"${hashOf(content)}"`).end(content);
      }
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => void server.close());
    library.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    return library;
  }

  put(path: string, content: string): void {
    this.#changes.set(path, { n: ++this.#n, content });
  }

  remove(path: string): void {
    this.#changes.set(path, { n: ++this.#n, content: undefined });
  }

  #linesAfter(after: number): string {
    const lines = [...this.#changes]
      .filter(([, { n, content }]) => n > after && (after > 0 || content !== undefined))
      .toSorted(([, a], [, b]) => a.n - b.n)
      .map(([path, { n, content }]) =>
        content === undefined
          ? { n, do: 'remove', path }
          : { n, do: 'put', path, size: Buffer.byteLength(content), modified: 1e12, blake3: hashOf(content) },
      );
    return [...lines, { n: this.#n }].map((line) => `${JSON.stringify(line)}\n`).join('');
  }
}

describe('a library that follows', () => {
  let folder: string;
  const file = (path: string): string => join(folder, 'files/anna', path);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'snapshot-follower-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
  });

  async function following(server: Server, more: Partial<FollowOptions> = {}): Promise<Follower> {
    const follower = await Follower.open({
      url: server.url,
      token: 'token',
      ca: undefined,
      folder,
      minFreeBytes: 0,
      acceptChanges: false,
      signal: new AbortController().signal,
      now: () => new Date(),
      onRead: () => {},
      onFetched: () => {},
      ...more,
    });
    onTestFinished(async () => await follower.close());
    return follower;
  }

  async function once(server: Server): Promise<RoundResult | undefined> {
    const follower = await following(server);
    try {
      return await follower.round(false);
    } finally {
      await follower.close();
    }
  }

  it('replaces nothing by what another library has, although that one gets files that harm nothing', async () => {
    await once(await Server.open({ a: 'of one', b: 'b', c: 'c', d: 'd' }));
    const other = await Server.open({ a: 'of the other', b: 'b', c: 'c' });
    const follower = await following(other);
    expect((await follower.round(false))?.guard?.guard).toBe('replaced-side');
    other.put('new', 'new');
    expect((await follower.round(false))?.guard?.guard).toBe('replaced-side');
    expect((await follower.round(true))?.guard?.guard).toBe('replaced-side');
    expect(readFileSync(file('a'), 'utf8')).toBe('of one');
    expect(readdirSync(file('')).toSorted()).toEqual(['a', 'b', 'c', 'd', 'new']);
  });

  it('leaves nothing behind of what finds no place', async () => {
    const server = await Server.open({ a: 'content', b: 'b' });
    const follower = await following(server);
    await follower.round(false);
    for (const name of ['copy', 'copy-of-new']) mkdirSync(file(name));
    server.put('copy', 'content');
    server.put('new', 'new');
    server.put('copy-of-new', 'new');
    server.remove('b');
    expect((await follower.round(false))?.problems.map(({ path }) => path)).toEqual(['copy', 'copy-of-new']);
    expect((await follower.round(true))?.problems).toHaveLength(2);
    expect(readdirSync(join(folder, 'var/accounts/anna/parts'))).toEqual([]);
  });
});
