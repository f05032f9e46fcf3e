// Rounds against a server that says what a test wants it to; with a real one: test/serve-mirror.test.ts.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { loadBlake3 } from '../../hash/blake3.ts';
import { readVersions } from '../../mirror/versions.ts';
import { Library } from '../../serve/library/library.ts';
import { eachOf } from './each-of.ts';
import { problemOf } from './file-problem.ts';
import { Follower, type FollowOptions, type RoundResult } from './follower.ts';
import { readFollowed, writeFollowed } from './following-file.ts';

const hasher = await (await loadBlake3()).create();

function hashOf(content: string): string {
  hasher.reset();
  hasher.update(Buffer.from(content));
  return Buffer.from(hasher.digest()).toString('hex');
}

interface Change {
  readonly n: number;
  readonly content: string | undefined;
  readonly modified?: number;
}

/** A library that is served: what was done to it, in its order. */
class Server {
  readonly #changes = new Map<string, Change>();
  #n = 0;
  url = '';
  /** Files that it was asked for, from which byte on. */
  readonly asked: (readonly [path: string, from: number])[] = [];
  /** It sends all of a file, whatever part is asked for. */
  isWhole = false;
  /** It cuts the line after so many bytes. */
  cutAfter = Number.POSITIVE_INFINITY;
  /** What it sends, whatever it has. */
  lie: string | undefined;

  static async open(files: Readonly<Record<string, string>> = {}): Promise<Server> {
    const library = new Server();
    for (const [path, content] of Object.entries(files)) library.put(path, content);
    const server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
      if (pathname === '/v1/account') response.end(JSON.stringify({ account: 'anna', scope: 'read' }));
      else if (pathname === '/v1/changes')
        response.end(library.#linesAfter(Number(searchParams.get('after'))));
      else library.#send(decodeURIComponent(pathname.slice('/v1/files/'.length)), request, response);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => void server.close());
    library.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    return library;
  }

  put(path: string, content: string, modified: number = 1e12): void {
    this.#changes.set(path, { n: ++this.#n, content, modified });
  }

  remove(path: string): void {
    this.#changes.set(path, { n: ++this.#n, content: undefined });
  }

  #linesAfter(after: number): string {
    const lines = [...this.#changes]
      .filter(([, { n, content }]) => n > after && (after > 0 || content !== undefined))
      .toSorted(([, a], [, b]) => a.n - b.n)
      .map(([path, { n, content, modified }]) =>
        content === undefined
          ? { n, do: 'remove', path }
          : { n, do: 'put', path, size: Buffer.byteLength(content), modified, blake3: hashOf(content) },
      );
    return [...lines, { n: this.#n }].map((line) => `${JSON.stringify(line)}\n`).join('');
  }

  #send(path: string, { headers }: IncomingMessage, response: ServerResponse): void {
    const content = this.#changes.get(path)?.content;
    const from = Number(/\d+/.exec(headers.range ?? '')?.[0] ?? 0);
    this.asked.push([path, from]);
    if (content === undefined) {
      response.writeHead(404).end();
      return;
    }
    const bytes = Buffer.from(this.lie ?? content).subarray(this.isWhole ? 0 : from);
    response.setHeader('ETag', `"${hashOf(content)}"`).setHeader('Content-Length', bytes.length);
    if (from > 0 && !this.isWhole)
      response.writeHead(206, { 'Content-Range': `bytes ${from}-${content.length - 1}/${content.length}` });
    if (bytes.length <= this.cutAfter) response.end(bytes);
    else response.write(bytes.subarray(0, this.cutAfter), () => response.destroy());
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

  const at = (...names: readonly string[]): string => join(folder, 'var/accounts/anna', ...names);

  /** Contents of what was replaced or removed. */
  async function versions(): Promise<readonly string[]> {
    const found = await readVersions(folder);
    return found.map(({ file: name }) =>
      readFileSync(join(folder, '.snapshot-data/versions', name ?? ''), 'utf8'),
    );
  }

  it('finds what another process has done to it, and has written down', async () => {
    const server = await Server.open({ a: 'a', b: 'b' });
    await once(server);
    writeFileSync(file('mine'), 'of here');
    const limits = { mostFileBytes: 1e9, quotaBytes: undefined, minFreeBytes: 0 };
    const library = await Library.open({ files: file(''), data: at() }, await loadBlake3(), limits);
    await library.sync();
    await library.close();
    expect(await once(server)).toMatchObject({ removed: 1, unchanged: 2 });
    expect(await versions()).toEqual(['of here']);
  });

  it('takes what is accepted for one round', async () => {
    const server = await Server.open({ a: 'a', b: 'b' });
    mkdirSync(file(''), { recursive: true });
    writeFileSync(file('b'), 'of here');
    const follower = await following(server, { acceptChanges: true });
    expect(await follower.round(false)).toMatchObject({ guard: undefined, versions: 1 });
    for (const path of ['a', 'b']) server.remove(path);
    expect((await follower.round(false))?.guard?.guard).toBe('empty-side');
  });

  it('tries again after a start what could not be done', async () => {
    const server = await Server.open({ a: 'a' });
    mkdirSync(file('b'), { recursive: true });
    server.put('b', 'b');
    server.put('c', 'c');
    expect((await once(server))?.problems.map(({ path }) => path)).toEqual(['b']);
    rmSync(file('b'), { recursive: true });
    expect(await once(server)).toMatchObject({ fetched: 1, problems: [] });
  });

  it('says no more of a name that it cannot have once that is gone there', async () => {
    const server = await Server.open({ a: 'a' });
    server.put('a/../b', 'b');
    const follower = await following(server);
    expect((await follower.round(false))?.problems.map(({ path }) => path)).toEqual(['a/../b']);
    server.remove('a/../b');
    expect((await follower.round(true))?.problems).toEqual([]);
    expect(follower.isOpen).toBe(false);
  });

  it.skipIf(process.platform === 'win32')('names what it cannot read here', async () => {
    const server = await Server.open({ a: 'a' });
    await once(server);
    execFileSync('mkfifo', [file('pipe')]);
    expect((await once(server))?.problems.map(({ path }) => path)).toEqual(['pipe']);
  });

  describe('what has arrived before', () => {
    const content = 'a long content';
    const part = (bytes: string): void => {
      mkdirSync(at('fetching'), { recursive: true });
      writeFileSync(at('fetching', hashOf(content)), bytes);
    };

    it.each<[string, string, readonly number[], boolean?]>([
      ['goes on', 'a long', [6]],
      ['is not asked for when it is whole', content, []],
      ['counts for nothing where it is too long', `${content} `, [0]],
      ['counts for nothing where the server sends all of it', 'a long', [6], true],
      ['is fetched anew where it is damaged', 'A LONG', [6, 0]],
      ['is fetched anew where it is damaged and whole', content.toUpperCase(), [0]],
    ])('%s', async (_, bytes, asked, isWhole = false) => {
      const server = await Server.open({ a: content });
      part(bytes);
      writeFileSync(at('fetching', hashOf('not wanted')), 'not');
      server.isWhole = isWhole;
      expect(await once(server)).toMatchObject({ fetched: 1, problems: [] });
      expect(readFileSync(file('a'), 'utf8')).toBe(content);
      expect(server.asked.map(([, from]) => from)).toEqual(asked);
      expect(readdirSync(at('fetching'))).toEqual([]);
    });
  });

  it('goes on as long as a line that is cut all the time brings anything', async () => {
    const server = await Server.open({ a: 'twelve bytes' });
    server.cutAfter = 1;
    expect(await once(server)).toMatchObject({ fetched: 1 });
    expect(server.asked).toHaveLength(12);
  });

  it('believes no content that has another hash, and names all that were to have it', async () => {
    const server = await Server.open({ a: 'content', b: 'content', c: 'c' });
    server.remove('c');
    server.lie = 'CONTENT';
    expect((await once(server))?.problems.map(({ path }) => path)).toEqual(['a', 'b']);
    expect(existsSync(file('a'))).toBe(false);
    server.lie = undefined;
    expect(await once(server)).toMatchObject({ fetched: 1, copied: 1, problems: [] });
  });

  it('gives what is moved the time that it has there', async () => {
    const server = await Server.open({ a: 'a', b: 'b' });
    const follower = await following(server);
    await follower.round(false);
    server.put('moved', 'a', 1.5e12);
    server.remove('a');
    expect(await follower.round(false)).toMatchObject({ moved: 1, fetched: 0, versions: 0 });
    expect([statSync(file('moved')).mtimeMs, existsSync(file('a'))]).toEqual([1.5e12, false]);
  });

  it('fetches what has rotted here, or cannot be copied', async () => {
    const server = await Server.open({ a: 'content', b: 'b' });
    const follower = await following(server);
    await follower.round(false);
    const { atime, mtime } = statSync(file('a'));
    writeFileSync(file('a'), 'CONTENT');
    utimesSync(file('a'), atime, mtime);
    server.put('copy', 'content');
    expect(await follower.round(false)).toMatchObject({ fetched: 1, copied: 0, problems: [] });
    expect(readFileSync(file('copy'), 'utf8')).toBe('content');
    rmSync(at('parts'), { recursive: true });
    server.put('other', 'b');
    expect(await follower.round(false)).toMatchObject({ fetched: 1, copied: 0, problems: [] });
  });

  it('ends a round on a disk that is as full as it may be', async () => {
    const follower = await following(await Server.open({ a: 'a' }), { minFreeBytes: 1e18 });
    await expect(follower.round(false)).rejects.toMatchObject({ code: 'E_SPACE' });
  });

  it('keeps each version of one second for 30 days, and no empty folder', async () => {
    const server = await Server.open({ 'd/a': 'one', b: 'b', c: 'c' });
    let now = Date.UTC(2026, 0, 1);
    const follower = await following(server, { now: () => new Date(now) });
    await follower.round(false);
    server.put('d/a', 'two');
    await follower.round(false);
    server.remove('d/a');
    await follower.round(false);
    expect(existsSync(file('d'))).toBe(false);
    expect(await versions()).toEqual(['one', 'two']);
    now += 29 * 86_400_000;
    server.put('b', 'b2');
    await follower.round(false);
    await follower.look();
    expect(await versions()).toEqual(['b', 'one', 'two']);
    now += 2 * 86_400_000;
    server.put('c', 'c2');
    await follower.round(false);
    // What was too old already at the look before goes.
    await follower.look();
    expect(await versions()).toEqual(['b', 'c', 'one', 'two']);
    await follower.look();
    expect(await versions()).toEqual(['b', 'c']);
  });
});

describe('what is remembered of whom it follows', () => {
  it.each(['url', 'account', 'n', 'here', 'files'])('is nothing without its %s', async (field) => {
    const data = mkdtempSync(join(tmpdir(), 'snapshot-following-'));
    onTestFinished(() => rmSync(data, { recursive: true }));
    const followed = { url: 'http://x/', account: 'anna', n: 1, here: 2, files: 3 };
    await writeFollowed(data, followed);
    expect(await readFollowed(data)).toEqual(followed);
    writeFileSync(
      join(data, 'following.json'),
      JSON.stringify({ following: 1, ...followed, [field]: undefined }),
    );
    expect(await readFollowed(data)).toBeUndefined();
  });
});

it('begins nothing more once something has failed', async () => {
  const begun: number[] = [];
  const work = async (n: number): Promise<void> => {
    begun.push(n);
    if (n === 2) throw new Error('two');
    await Promise.resolve();
  };
  await expect(eachOf([1, 2, 3, 4], 1, work)).rejects.toThrow('two');
  expect(begun).toEqual([1, 2]);
});

it.each([
  ['EROFS', 'E_STORE'],
  ['ENOSPC', 'E_SPACE'],
])('takes %s for a failure of all files', (code, expected) => {
  const failure = Object.assign(new Error(code), { code });
  expect(() => problemOf(failure, '/library')).toThrow(expect.objectContaining({ code: expected }));
  expect(problemOf(Object.assign(new Error('EACCES'), { code: 'EACCES' }), '/library')).toEqual(
    expect.any(String),
  );
});
