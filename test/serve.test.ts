// `snapshot serve`, with curl as the client.
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createServer, request } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLine, environment, IS_WINDOWS, tool } from './support/command.ts';
import { Place } from './support/place.ts';
import { curl, Served, sha256 } from './support/served.ts';

/** Bytes with line ends and zeros among them. */
function bytes(length: number, seed = 1): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17 + (i >> 8)) & 0xff));
}

function md5(content: Uint8Array): string {
  return createHash('md5').update(content).digest('hex');
}

/** A file beside the library. */
function fileOf(served: Served, name: string, content: Uint8Array | string): string {
  const file = served.place.path(name);
  writeFileSync(file, content);
  return file;
}

describe.skipIf(IS_WINDOWS)('README', () => {
  it('has lines that work as written', async () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const section = readme.slice(readme.indexOf('## A library that others upload to'));
    const lines = [...section.slice(0, section.indexOf('\n## ', 5)).matchAll(/^ {4}(.*)$/gm)].map(
      ([, line]) => line,
    );
    const port = await freePort();
    const text = lines
      .join('\n')
      .replaceAll('8400', String(port))
      .replace(' &', ` --listen 127.0.0.1:${port} & SERVER=$!`);
    // Until it listens, curl tries again.
    const script = `set -e\n${text.replaceAll('curl ', 'curl -sS --retry 20 --retry-connrefused ')}\nkill $SERVER; wait $SERVER`;
    const place = Place.open();
    const bin = place.path('bin');
    mkdirSync(bin);
    mkdirSync(place.path('home/Pictures'));
    writeFileSync(place.path('home/Pictures/b.jpg'), 'b');
    writeFileSync(place.path('photo.jpg'), bytes(5000));
    const [node = '', main = ''] = commandLine([]);
    writeFileSync(join(bin, 'snapshot'), `#!/bin/sh\nexec "${node}" "${main}" "$@"\n`, { mode: 0o755 });
    const env = { ...environment(place.options()), PATH: `${bin}:${process.env['PATH'] ?? ''}` };
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script], {
      cwd: place.root,
      env,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringContaining('A token for anna') as unknown,
    });
    expect(stdout).toMatch(
      /"status":"stored","path":"2026\/photo.jpg"[^]*"matched":1[^]*1 file is there, verified/,
    );
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}

describe('an upload by curl', () => {
  it('is stored, known afterwards wherever it lies, and there when the server starts anew', async () => {
    const served = await Served.open();
    const token = await served.token();
    const photo = fileOf(served, 'photo.jpg', bytes(300_000));
    const send = async (name: string): ReturnType<Served['curl']> =>
      await served.curl(`/upload?name=${name}&hash=${md5(bytes(300_000))}`, token, [
        '--data-binary',
        `@${photo}`,
      ]);
    expect(await send('2026/a.jpg')).toMatchObject({
      status: 201,
      json: { status: 'stored', path: '2026/a.jpg' },
    });
    expect(readFileSync(served.file('2026/a.jpg'))).toEqual(bytes(300_000));
    mkdirSync(served.file('sorted'));
    renameSync(served.file('2026/a.jpg'), served.file('sorted/b.jpg'));
    expect(await send('2026/a.jpg')).toMatchObject({
      status: 200,
      json: { status: 'known', path: 'sorted/b.jpg' },
    });
    expect(await served.stop()).toBe(0);
    renameSync(served.file('sorted/b.jpg'), served.file('sorted/c.jpg'));
    const [sync] = await served.start();
    expect(sync).toMatchObject({
      event: 'sync',
      account: 'anna',
      new: 0,
      renamed: 1,
      removed: 0,
      matched: 0,
    });
    expect(await send('2026/a.jpg')).toMatchObject({ status: 200, json: { path: 'sorted/c.jpg' } });
    expect(served.parts()).toEqual([]);
  });

  it('with another hash is not kept, and says why when `--data` has mangled it', async () => {
    const served = await Served.open();
    const token = await served.token();
    const photo = fileOf(served, 'photo.jpg', bytes(5000));
    const send = async (query: string, ...args: string[]): ReturnType<Served['curl']> =>
      await served.curl(`/upload?name=a.jpg${query}`, token, args);
    const hash = `&hash=${md5(bytes(5000))}`;
    for (const query of ['', hash]) {
      const { status, json } = await send(query, '--data', `@${photo}`);
      expect([status, json['status'], String(json['error'])]).toEqual([
        422,
        'differs',
        expect.stringContaining('`--data-binary @FILE`'),
      ]);
    }
    expect(await send(`&hash=${'0'.repeat(32)}`, '--data-binary', `@${photo}`)).toMatchObject({
      status: 422,
      json: { error: expect.stringContaining('another md5') as unknown },
    });
    expect(await send('', '--data-binary', '@/nowhere')).toMatchObject({ status: 422 });
    expect(await send('', '-F', `a=@${photo}`)).toMatchObject({ status: 415 });
    expect(await send('', '--data-binary', `@${photo}`, '-H', 'Content-Encoding: gzip')).toMatchObject({
      status: 415,
    });
    expect(await send('&hash=12', '--data-binary', 'x')).toMatchObject({ status: 400 });
    expect(await send('&modified=yesterday', '--data-binary', 'x')).toMatchObject({ status: 400 });
    expect(served.holds()).toEqual({});
    expect(await send(hash, '--data-binary', `@${photo}`)).toMatchObject({ status: 201 });
  });

  it('gets a free name where its own is taken, when it says so', async () => {
    const served = await Served.open();
    const token = await served.token('upload');
    const send = async (text: string, more = ''): ReturnType<Served['curl']> =>
      await served.curl(`/upload?name=a.txt${more}`, token, ['--data-binary', text]);
    await send('one');
    expect(await send('two')).toMatchObject({ status: 409, json: { status: 'taken', free: 'a (2).txt' } });
    expect(await send('two', '&rename=1')).toMatchObject({ status: 201, json: { path: 'a (2).txt' } });
    expect(served.holds()).toEqual({ 'a.txt': sha256('one'), 'a (2).txt': sha256('two') });
  });

  it('keeps its time, and its name in any script', async () => {
    const served = await Served.open();
    const token = await served.token();
    const name = encodeURIComponent('Fotos/Köln am Rhein/日本.jpg');
    const at = '2020-02-03T04:05:06.000Z';
    expect(
      await served.curl(`/upload?name=${name}&modified=${at}`, token, ['--data-binary', 'x']),
    ).toMatchObject({
      status: 201,
    });
    expect(statSync(served.file('Fotos/Köln am Rhein/日本.jpg')).mtime.toISOString()).toBe(at);
  });

  it('is refused when it is too large, over the quota, or the disk has to stay free', async () => {
    const served = await Served.open(['--max-size', '10KB'], ['--quota', '15KB']);
    const token = await served.token();
    const send = async (length: number, ...args: string[]): ReturnType<Served['curl']> =>
      await served.curl(`/upload?name=${length}`, token, [
        '--data-binary',
        `@${fileOf(served, String(length), bytes(length, length))}`,
        ...args,
      ]);
    expect(await send(10_001)).toMatchObject({ status: 413, json: { status: 'large' } });
    expect(await send(10_002, '-H', 'Transfer-Encoding: chunked')).toMatchObject({ status: 413 });
    expect(await send(10_000)).toMatchObject({ status: 201 });
    expect(await send(9999)).toMatchObject({ status: 413, json: { status: 'quota' } });
    expect(await send(5000)).toMatchObject({ status: 201 });
    expect(served.parts()).toEqual([]);
    const full = await Served.open(['--min-free', '900000TB']);
    const answer = await full.curl('/upload?name=a', await full.token(), ['--data-binary', 'x']);
    expect(answer).toMatchObject({ status: 507, json: { status: 'full' } });
  });
});

describe('sync', () => {
  it('tells by HTTP and by command what was done by other means', async () => {
    const served = await Served.open(['--no-watch']);
    const token = await served.token();
    for (const name of ['a', 'b', 'c', 'd'])
      await served.curl(`/upload?name=${name}`, token, ['--data-binary', name]);
    renameSync(served.file('a'), served.file('z'));
    rmSync(served.file('b'));
    served.write('new', 'new');
    copyFileSync(served.file('c'), served.file('copy of c'));
    expect(await served.curl('/sync', token, ['-X', 'POST'])).toMatchObject({
      status: 200,
      json: {
        new: 2,
        renamed: 1,
        removed: 1,
        changed: 0,
        matched: 2,
        seconds: expect.any(Number) as unknown,
      },
    });
    served.write('d', 'changed');
    expect(await served.command(['sync', served.folder])).toMatch(/^anna {2}1 changed, 4 as before {2}\d/);
    await served.stop();
    rmSync(served.file('d'));
    expect(await served.command(['sync', served.folder])).toMatch(/^anna {2}1 removed, 4 as before/);
    expect(existsSync(join(served.folder, 'var', 'server.json'))).toBe(false);
  });

  it('happens by itself when something is done to the folder', async () => {
    const served = await Served.open();
    const token = await served.token();
    await served.curl('/upload?name=a/1', token, ['--data-binary', 'one']);
    const paths = async (): Promise<unknown> =>
      (await served.curl('/v1/changes?after=0', token)).body.match(/"do":"put","path":"[^"]*"/g);
    mkdirSync(served.file('sorted'));
    renameSync(served.file('a/1'), served.file('sorted/2'));
    await expect.poll(paths, { timeout: 20_000 }).toEqual(['"do":"put","path":"sorted/2"']);
    served.write('new/3', 'three');
    await expect.poll(paths, { timeout: 20_000 }).toHaveLength(2);
    await served.stop();
    expect(await served.said()).toMatch(/"event":"sync","account":"anna","new":0,"renamed":1,[^]*"new":1,/);
  });

  it.skipIf(IS_WINDOWS)('says so when the folder of an account is away', async () => {
    const served = await Served.open();
    const token = await served.token();
    renameSync(served.file('.'), `${served.file('.')}away`);
    const { status, stdout, stderr } = await served.place.command(['serve', 'sync', served.folder]);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/anna {2}Cannot read .*: no such file or folder/);
    expect(await served.curl('/sync', token, ['-X', 'POST'])).toMatchObject({ status: 503 });
  });
});

describe('/v1', () => {
  it('checks many files at once', async () => {
    const served = await Served.open();
    const [token, blind] = [await served.token(), await served.token('upload')];
    const { json } = await served.curl('/upload?name=a', token, ['--data-binary', 'here']);
    const blake3 = String(json['blake3']);
    const ask = async (by: string, files: unknown): ReturnType<Served['curl']> =>
      await served.curl('/v1/check', by, ['--json', JSON.stringify({ files })]);
    const files = [
      { id: 'x', size: 4, blake3 },
      { id: 2, size: 4, blake3: '0'.repeat(64) },
      { id: 3, size: 5, blake3 },
    ];
    const [, need, other] = [0, { id: 2, status: 'need' }, { id: 3, status: 'need' }];
    expect(await ask(token, files)).toMatchObject({
      json: { files: [{ id: 'x', status: 'have', path: 'a' }, need, other] },
    });
    expect((await ask(blind, files)).json).toEqual({ files: [{ id: 'x', status: 'have' }, need, other] });
    rmSync(served.file('a'));
    expect((await ask(blind, [files[0]])).json).toEqual({ files: [{ id: 'x', status: 'need' }] });
    for (const wrong of [
      undefined,
      'x',
      [1],
      [null],
      [{ id: 1 }],
      [{ id: 1, size: -1, blake3 }],
      Array(1001).fill(0),
    ])
      expect(await ask(token, wrong)).toMatchObject({ status: 400 });
    expect(await served.curl('/v1/check', token, ['--json', 'no json'])).toMatchObject({ status: 400 });
    const long = fileOf(served, 'long', Buffer.alloc(5 << 20, 0x20));
    expect(await served.curl('/v1/check', token, ['--json', `@${long}`])).toMatchObject({ status: 413 });
  });

  it('takes a file by PUT, and hands it out whole or in part, as an attachment', async () => {
    const served = await Served.open();
    const token = await served.token();
    const file = fileOf(served, 'photo', bytes(100_000));
    const digest = `Repr-Digest: sha-256=:${createHash('sha256').update(bytes(100_000)).digest('base64')}:`;
    const wrong = `Repr-Digest: sha-256=:${createHash('sha256').update('x').digest('base64')}:`;
    const put = async (...headers: string[]): ReturnType<Served['curl']> =>
      await served.curl('/v1/files/2026/a%20b.jpg', token, [
        '-T',
        file,
        ...headers.flatMap((one) => ['-H', one]),
      ]);
    expect(await put(wrong)).toMatchObject({ status: 422 });
    expect(await put(digest, 'If-None-Match: *')).toMatchObject({ status: 201 });
    expect(await put(digest)).toMatchObject({ status: 200, json: { status: 'known' } });
    writeFileSync(file, 'other');
    expect(await put()).toMatchObject({ status: 409 });
    expect(await put('If-None-Match: *')).toMatchObject({ status: 412 });

    const get = async (...args: string[]): ReturnType<Served['curl']> =>
      await served.curl('/v1/files/2026/a%20b.jpg', token, args);
    const saved = served.place.path('saved');
    await get('-o', saved);
    expect(readFileSync(saved)).toEqual(bytes(100_000));
    await get('-o', saved, '-r', '99990-');
    expect(readFileSync(saved)).toEqual(bytes(100_000).subarray(99_990));
    expect(await get('-r', '100000-')).toMatchObject({ status: 416 });
    const head = (await get('-I')).body.toLowerCase();
    for (const line of [
      'content-length: 100000',
      "content-disposition: attachment; filename*=utf-8''a%20b.jpg",
      'x-content-type-options: nosniff',
      "content-security-policy: default-src 'none'; sandbox",
    ])
      expect(head).toContain(line);
    const etag = /etag: (\S+)/.exec(head)?.[1] ?? '';
    expect(await get('-H', `If-None-Match: ${etag}`)).toMatchObject({ status: 304 });
    expect(await get('-r', '0-0', '-H', 'If-Range: "other"')).toMatchObject({ status: 200 });
    expect(await served.curl('/v1/files/none', token)).toMatchObject({ status: 404 });
    expect(await served.curl('/v1/files/2026', token)).toMatchObject({ status: 404 });
    served.write('2026/a b.jpg', 'changed in place');
    expect((await get('-I')).body.toLowerCase()).not.toContain('etag');
  });

  it.each(['file', 'folder'])(
    'breaks a %s off when what is sent becomes shorter meanwhile, and sends nothing in its place',
    async (kind) => {
      const served = await Served.open(['--no-watch']);
      const auth = { Authorization: `Bearer ${await served.token()}` };
      const file = served.write('folder/large', randomBytes(16 << 20));
      await served.command(['sync', served.folder]);
      const asked = JSON.stringify(kind === 'file' ? { file: 'folder/large' } : { folder: 'folder' });
      const tickets = await fetch(`${served.url}/v1/tickets`, { method: 'POST', headers: auth, body: asked });
      const { url } = (await tickets.json()) as { readonly url: string };
      const parts: Buffer[] = [];
      const isWhole = await new Promise<boolean>((resolve, reject) => {
        request(served.url + url, (response) => {
          // More than what is on its way by now comes later.
          response.once('data', () => {
            truncateSync(file, 1);
          });
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', () => {}); // It is told by the close.
          response.on('close', () => resolve(response.complete));
        })
          .on('error', reject)
          .end();
      });
      expect(isWhole).toBe(false);
      expect(Buffer.concat(parts).includes('Error:')).toBe(false);
    },
  );

  it('tells what has changed since a number', async () => {
    const served = await Served.open(['--no-watch']);
    const token = await served.token();
    const changes = async (after: unknown): Promise<readonly Record<string, unknown>[]> =>
      (await served.curl(`/v1/changes?after=${String(after)}`, token)).body
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    await served.curl('/upload?name=a', token, ['--data-binary', 'a']);
    const all = await changes(0);
    expect(all).toMatchObject([{ do: 'put', path: 'a', size: 1 }, {}]);
    rmSync(served.file('a'));
    await served.curl('/sync', token, ['-X', 'POST']);
    expect(await changes(all.at(-1)?.['n'])).toMatchObject([{ do: 'remove', path: 'a' }, {}]);
    expect(await changes(5)).toMatchObject([{ reset: true }, {}]);
    expect(await served.curl('/v1/changes?after=x', token)).toMatchObject({ status: 400 });
  });

  it('tells at once that something has changed, until it ends', async () => {
    const served = await Served.open();
    const Authorization = `Bearer ${await served.token('read')}`;
    const answer = await fetch(`${served.url}/v1/events`, { headers: { Authorization } });
    expect([answer.status, answer.headers.get('Content-Type')]).toEqual([200, 'text/event-stream']);
    const told = (answer.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
    /** The number of the next event. */
    const next = async (): Promise<number> => {
      const { value = '' } = await told.read();
      const [, n = 'none'] = /^event: change\ndata: \{"n":(\d+)\}\nid: \1\n\n$/.exec(value) ?? [];
      return Number(n);
    };
    const first = await next();
    const all = await served.token();
    await served.curl('/upload?name=a', all, ['--data-binary', 'x']);
    const second = await next();
    expect(second).toBe(first + 1);
    const { body } = await served.curl(`/v1/changes?after=${first}`, all);
    expect(body).toContain(`"n":${second},"do":"put","path":"a"`);
    // By other means, too.
    served.write('b', 'y');
    expect(await next()).toBe(second + 1);
    expect((await served.curl('/v1/events', await served.token('upload'))).status).toBe(403);
    expect(await served.stop()).toBe(0);
    await expect(told.read()).rejects.toThrow();
  });

  it('makes a token of a code, once', async () => {
    const served = await Served.open();
    const shown = await served.command(['pair', served.folder, 'anna', '--scope', 'read', '--json']);
    const { code, url } = JSON.parse(shown.split('\n')[0] ?? '') as { code: string; url: string };
    expect(url).toBe(`${served.url}/#pair=${code}`);
    const pair = async (text: string): ReturnType<Served['curl']> =>
      await served.curl('/v1/pair', undefined, ['--json', JSON.stringify({ code: text })]);
    const [one, two] = await Promise.all([pair(code.toLowerCase().replaceAll('-', ' ')), pair(code)]);
    expect([one.status, two.status].toSorted((a, b) => a - b)).toEqual([201, 403]);
    const { token } = (one.status === 201 ? one : two).json as { token: string };
    expect(await served.curl('/v1/changes', token)).toMatchObject({ status: 200 });
    // Anybody may send one: it is not read to its end.
    expect(await pair('A'.repeat(5000))).toMatchObject({ status: 413 });
    for (let i = 0; i < 12; i++) await pair('AAAA-AAAA-AAAA-AAAA');
    expect(await pair('AAAA-AAAA-AAAA-AAAA')).toMatchObject({ status: 429 });
    expect(readFileSync(join(served.folder, 'var', 'users.jsonl'), 'utf8')).not.toMatch(
      new RegExp(`${code}|${code.replaceAll('-', '')}|${token}`),
    );
  });
});

function metadata(values: Readonly<Record<string, string>>): readonly string[] {
  const pairs = Object.entries(values).map(
    ([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`,
  );
  return ['-H', `Upload-Metadata: ${pairs.join(',')}`];
}

describe('an upload that is gone on with', () => {
  const TUS = ['-H', 'Tus-Resumable: 1.0.0'];

  /** @returns Its path, or the status that it was refused with. */
  async function create(
    served: Served,
    token: string,
    length: number,
    values: Readonly<Record<string, string>>,
  ): Promise<string> {
    const head = ['-X', 'POST', '-H', `Upload-Length: ${length}`, '-D', '-'];
    const { body, status } = await served.curl('/v1/uploads', token, [...TUS, ...head, ...metadata(values)]);
    return /location: (\S+)/i.exec(body)?.[1] ?? String(status);
  }

  async function patch(
    served: Served,
    token: string,
    at: string,
    offset: number,
    content: Uint8Array,
  ): ReturnType<Served['curl']> {
    const file = fileOf(served, 'piece', content);
    const type = 'Content-Type: application/offset+octet-stream';
    const head = ['-X', 'PATCH', '-H', `Upload-Offset: ${offset}`, '-H', type, '-D', '-'];
    return await served.curl(at, token, [...TUS, ...head, '--data-binary', `@${file}`]);
  }

  async function offsetOf(served: Served, token: string, at: string): Promise<string> {
    const { body, status } = await served.curl(at, token, [...TUS, '-I']);
    return /upload-offset: (\d+)/i.exec(body)?.[1] ?? String(status);
  }

  it('goes on after the server was killed, and is there when its last byte is', async () => {
    const served = await Served.open();
    const token = await served.token();
    const content = bytes(100_000);
    const at = await create(served, token, 100_000, {
      name: '2026/big.bin',
      hash: md5(content),
      modified: '1000',
    });
    expect((await patch(served, token, at, 0, content.subarray(0, 40_000))).status).toBe(204);
    expect(await offsetOf(served, token, at)).toBe('40000');
    await served.kill();
    await served.start();
    expect(await offsetOf(served, token, at)).toBe('40000');
    expect((await patch(served, token, at, 39_999, content)).status).toBe(409);
    expect(served.holds()).toEqual({});
    const last = await patch(served, token, at, 40_000, content.subarray(40_000));
    expect([last.status, last.body]).toEqual([204, expect.stringMatching(/upload-status: stored/i)]);
    expect(served.holds()).toEqual({ '2026/big.bin': sha256(content) });
    expect(statSync(served.file('2026/big.bin')).mtimeMs).toBe(1000);
    // The answer may have been lost.
    expect(await offsetOf(served, token, at)).toBe('100000');
    expect(await served.curl('/sync', token, ['-X', 'POST'])).toMatchObject({ json: { matched: 1, new: 0 } });
    const again = await create(served, token, 100_000, { filename: 'other.bin' });
    expect((await patch(served, token, again, 0, content)).body).toMatch(/upload-status: known/i);
    expect(Object.keys(served.holds())).toEqual(['2026/big.bin']);
  });

  it('is refused when it is not what it was to be, or has no place, and is gone then', async () => {
    const served = await Served.open([], ['--quota', '1MB']);
    const token = await served.token();
    const wrong = await create(served, token, 5, { name: 'a', hash: md5(Buffer.from('other')) });
    expect((await patch(served, token, wrong, 0, Buffer.from('12345'))).status).toBe(422);
    expect(await offsetOf(served, token, wrong)).toBe('404');
    const long = await create(served, token, 5, { name: 'a' });
    expect((await patch(served, token, long, 0, Buffer.from('123456'))).status).toBe(413);
    served.write('taken', 'theirs');
    const taken = await create(served, token, 4, { name: 'taken' });
    expect((await patch(served, token, taken, 0, Buffer.from('mine'))).status).toBe(412);
    expect(await create(served, token, 4, { name: 'taken', hash: `blake3:${'0'.repeat(64)}` })).toBe('412');
    expect(await create(served, token, 2_000_000, { name: 'b' })).toBe('413');
    expect(await create(served, token, 4, { name: '../b' })).toBe('403');
    expect(await create(served, token, 4, {})).toBe('400');
    expect(await create(served, token, 4, { name: 'b', hash: 'x' })).toBe('400');
    expect((await served.curl('/v1/uploads', token, ['-X', 'POST'])).status).toBe(412);
    expect((await served.curl('/v1/uploads', token, [...TUS, '-X', 'POST'])).status).toBe(400);
    expect((await served.curl('/v1/uploads', token, ['-X', 'OPTIONS', '-D', '-'])).body).toMatch(
      /tus-version: 1.0.0/i,
    );
    expect((await served.curl(long, token, [...TUS, '-X', 'PATCH', '-d', 'x'])).status).toBe(415);
    expect(served.holds()).toEqual({ taken: sha256('theirs') });
  });

  it('can be given up, is of its account alone, and may be empty', async () => {
    const served = await Served.open();
    const token = await served.token();
    const berta = await served.command(['user', 'add', served.folder, 'berta', '--scope', 'all']);
    const at = await create(served, token, 10, { name: 'a' });
    await patch(served, token, at, 0, Buffer.from('12345'));
    expect(await offsetOf(served, berta, at)).toBe('404');
    expect((await patch(served, berta, at, 5, Buffer.from('67890'))).status).toBe(404);
    expect((await served.curl(at, await served.token('read'), [...TUS, '-X', 'DELETE'])).status).toBe(403);
    expect((await served.curl(at, token, [...TUS, '-X', 'DELETE'])).status).toBe(204);
    expect(await offsetOf(served, token, at)).toBe('404');
    await create(served, token, 0, { name: 'empty' });
    expect(served.holds()).toEqual({ empty: sha256('') });
  });

  it('is found by its content', async () => {
    const served = await Served.open();
    const token = await served.token();
    const blake3 = 'ea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f';
    const at = await create(served, token, 5, { name: 'a', hash: `blake3:${blake3}` });
    const check = async (): Promise<unknown> =>
      (
        await served.curl('/v1/check', token, [
          '--json',
          JSON.stringify({ files: [{ id: 1, size: 5, blake3 }] }),
        ])
      ).json['files'];
    expect(await check()).toEqual([{ id: 1, status: 'need' }]);
    await patch(served, token, at, 0, Buffer.from('hel'));
    expect(await check()).toEqual([{ id: 1, status: 'partial', upload: at, offset: 3 }]);
    await patch(served, token, at, 3, Buffer.from('lo'));
    expect(await check()).toEqual([{ id: 1, status: 'have', path: 'a' }]);
  });

  it('is taken over by a client that comes back before the server has noticed that it was gone', async () => {
    const served = await Served.open();
    const token = await served.token();
    const at = await create(served, token, 10, { name: 'a' });
    const socket = connect(Number(new URL(served.url).port), '127.0.0.1');
    const headers = `Host: localhost\r\nAuthorization: Bearer ${token}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0`;
    const rest = 'Content-Type: application/offset+octet-stream\r\nContent-Length: 10\r\n\r\n123';
    socket.on('error', () => {});
    socket.write(`PATCH ${at} HTTP/1.1\r\n${headers}\r\n${rest}`);
    await expect.poll(async () => await offsetOf(served, token, at)).toBe('3');
    expect((await patch(served, token, at, 3, Buffer.from('4567890'))).status).toBe(204);
    expect(readFileSync(served.file('a'), 'utf8')).toBe('1234567890');
    socket.destroy();
  });
});

describe('nobody', () => {
  it('gets in without a token, with a wrong one, or with one that was taken back', async () => {
    const served = await Served.open();
    const token = await served.token();
    const wrong = `${token.slice(0, -2)}${token.endsWith('AA') ? 'BB' : 'AA'}`;
    for (const path of [
      '/sync',
      '/upload?name=a',
      '/v1/check',
      '/v1/changes',
      '/v1/files/a',
      '/',
      '/v1/none',
    ]) {
      for (const none of [undefined, wrong, 'x'])
        expect(
          (await served.curl(path, none, ['-X', 'POST', '-d', 'x'])).status,
          path,
        ).toBeGreaterThanOrEqual(401);
    }
    expect(await served.curl('/v1/changes', wrong)).toMatchObject({ status: 429 });
    // A right one is not slowed down.
    expect(await served.curl('/v1/changes', token)).toMatchObject({ status: 200 });
    const listed = await served.command(['token', 'list', served.folder]);
    expect(listed).toMatch(/^id +account +scope +since\n/);
    const id = /^(\w+) +anna +all/m.exec(listed)?.[1] ?? '';
    await served.command(['token', 'revoke', served.folder, id]);
    expect((await served.curl('/v1/changes', token)).status).toBeGreaterThanOrEqual(401);
    const other = await served.command(['token', 'add', served.folder, 'anna', '--scope', 'all']);
    expect(await served.curl('/v1/changes', other)).toMatchObject({ status: 200 });
    expect(await served.command(['user', 'list', served.folder])).toMatch(/anna +no limit +2 /);
    await served.command(['user', 'remove', served.folder, 'anna']);
    expect((await served.curl('/v1/changes', other)).status).toBeGreaterThanOrEqual(401);
    expect(served.holds()).toEqual({});
  });

  it('does what the scope of a token does not say', async () => {
    const served = await Served.open();
    const [upload, read] = [await served.token('upload'), await served.token('read')];
    await served.curl('/upload?name=secret/a', upload, ['--data-binary', 'a']);
    expect(await served.curl('/upload?name=b', read, ['--data-binary', 'b'])).toMatchObject({ status: 403 });
    expect(await served.curl('/v1/files/b', read, ['-T', '/etc/hostname'])).toMatchObject({ status: 403 });
    for (const path of ['/v1/changes', '/v1/files/secret/a'])
      expect(await served.curl(path, upload)).toMatchObject({ status: 403 });
    const known = await served.curl('/upload?name=b', upload, ['--data-binary', 'a']);
    expect(known.json).toEqual({ status: 'known' });
    expect(Object.keys(served.holds())).toEqual(['secret/a']);
  });

  it('hears of what another account has', async () => {
    const served = await Served.open();
    const anna = await served.token();
    const berta = await served.command(['user', 'add', served.folder, 'berta', '--scope', 'all']);
    const { json } = await served.curl('/upload?name=a', anna, ['--data-binary', 'secret']);
    const files = [{ id: 1, size: 6, blake3: json['blake3'] }];
    const asked = await served.curl('/v1/check', berta, ['--json', JSON.stringify({ files })]);
    expect(asked.json).toEqual({ files: [{ id: 1, status: 'need' }] });
    expect(await served.curl('/v1/files/a', berta)).toMatchObject({ status: 404 });
    expect(await served.curl('/v1/files/..%2fanna%2fa', berta)).toMatchObject({ status: 403 });
    expect(await served.curl('/upload?name=a', berta, ['--data-binary', 'secret'])).toMatchObject({
      status: 201,
    });
    expect((await served.curl('/v1/changes', berta)).body.split('\n')).toHaveLength(3);
  });

  it('gets out of the folder, by any path', async () => {
    const served = await Served.open();
    const token = await served.token();
    writeFileSync(join(served.folder, 'files', 'outside'), 'mine');
    if (!IS_WINDOWS) symlinkSync('..', served.file('up'));
    const paths = [
      '../outside',
      '..%2foutside',
      '%2e%2e/outside',
      '%2e%2e%2foutside',
      '%252e%252e%252foutside',
    ];
    const more = [
      'up/outside',
      '/etc/passwd',
      '%2fetc%2fpasswd',
      '..%5coutside',
      'C:%5coutside',
      'a%00b',
      '%ff',
      'nul',
    ];
    for (const path of [...paths, ...more]) {
      const got = await served.curl(`/v1/files/${path}`, token);
      expect(got.status, path).toBeGreaterThanOrEqual(400);
      expect(got.body).not.toContain('mine');
      const put = await served.curl(`/v1/files/${path}`, token, ['-X', 'PUT', '--data-binary', 'theirs']);
      expect(put.status, path).toBeGreaterThanOrEqual(400);
      const post = await served.curl(`/upload?name=${path}`, token, ['--data-binary', 'theirs']);
      expect(post.status, path).toBeGreaterThanOrEqual(400);
    }
    expect(readFileSync(join(served.folder, 'files', 'outside'), 'utf8')).toBe('mine');
    rmSync(served.file('up'), { force: true });
    expect(served.holds()).toEqual({});
    expect(existsSync(served.place.path('outside'))).toBe(false);
  });

  it('reaches it by a name that is not its own, as a page elsewhere could', async () => {
    const served = await Served.open(['--base-url', 'http://photos.example:9000']);
    const token = await served.token();
    for (const [host, status] of [
      ['evil.example', 421],
      ['evil.example:80', 421],
      ['localhost.evil.example', 421],
      ['127.0.0.1.evil.example', 421],
      ['photos.example:9000', 200],
      ['localhost:1', 200],
      ['192.168.1.5:8400', 200],
      ['[::1]:8400', 200],
    ] as const) {
      const answer = await curl([
        '-H',
        `Host: ${host}`,
        '-H',
        `Authorization: Bearer ${token}`,
        `${listeningOf(served)}/v1/changes`,
      ]);
      expect([host, answer.status]).toEqual([host, status]);
    }
  });
});

/** Where it listens, if its name is another one. */
function listeningOf(served: Served): string {
  const text = readFileSync(join(served.folder, 'var', 'server.json'), 'utf8');
  return (JSON.parse(text) as { listening: string }).listening;
}

describe('the server', () => {
  it('listens on this machine only, unless it has TLS or is told to', async () => {
    const place = Place.open();
    const folder = place.path('library');
    await place.command(['serve', 'user', 'add', folder, 'anna']);
    for (const listen of [':0', '0.0.0.0:0', '192.0.2.1:8400', '[::]:0', 'example.org:80']) {
      const { status, stderr } = await place.command(['serve', folder, '--listen', listen]);
      expect([status, stderr]).toEqual([2, expect.stringMatching(/without TLS.*\n.*--insecure-lan/)]);
    }
    const served = await Served.open(['--listen', '0.0.0.0:0', '--insecure-lan']);
    expect(await served.curl('/v1/account', undefined)).toMatchObject({ status: 401 });
  });

  it('knows who asks through a proxy that is named, and believes nobody else', async () => {
    const from = ['-H', 'X-Forwarded-For: 203.0.113.9, 198.51.100.7'];
    const remotes = async (more: readonly string[]): Promise<readonly unknown[]> => {
      const served = await Served.open(more);
      for (let i = 0; i < 10; i++) await served.curl('/v1/account', 'wrong', from);
      const { status } = await served.curl('/v1/account', 'wrong', ['-H', 'X-Forwarded-For: 198.51.100.8']);
      await served.stop();
      const log = readFileSync(join(served.folder, 'var', 'access.log'), 'utf8')
        .trim()
        .split('\n');
      return [status, ...new Set(log.map((line) => (JSON.parse(line) as { remote: string }).remote))];
    };
    expect(await remotes(['--trusted-proxy', '127.0.0.1', '::1'])).toEqual([
      401,
      '198.51.100.7',
      '198.51.100.8',
    ]);
    expect(await remotes([])).toEqual([429, '127.0.0.1']);
    const refused = await Place.open().command(['serve', 'library', '--trusted-proxy', 'proxy']);
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('--trusted-proxy proxy')]);
  });

  it('speaks https with a certificate', async () => {
    const keys = Place.open();
    const [cert, key] = [keys.path('cert.pem'), keys.path('key.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    tool('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      ...subject,
    ]);
    const served = await Served.open(['--cert', cert, '--key', key]);
    expect(served.url).toMatch(/^https:/);
    const token = await served.token();
    expect(await served.curl('/v1/changes', token, ['--cacert', cert])).toMatchObject({ status: 200 });
    expect(await served.curl('/v1/changes', token)).toMatchObject({ status: 0 });
    const alone = await served.place.command(['serve', served.folder, '--cert', cert]);
    expect(alone.stderr).toMatch(/--cert and --key go together/);
    const none = await served.place.command(['serve', served.folder, '--cert', '/nowhere', '--key', key]);
    expect(none.stderr).toMatch(/Cannot read "\/nowhere"/);
  });

  it('refuses heads that are too long, or smuggle a second request in', async () => {
    const served = await Served.open();
    const token = await served.token();
    const big = await served.curl('/v1/changes', token, ['-H', `X-Long: ${'x'.repeat(20_000)}`]);
    expect(big.status).toBe(431);
    const { hostname, port } = new URL(served.url);
    const both = `Authorization: Bearer ${token}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`;
    const answer = await raw(
      Number(port),
      `POST /upload?name=a HTTP/1.1\r\nHost: ${hostname}\r\n${both}GET / HTTP/1.1\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    const twice = `POST /upload?name=a HTTP/1.1\r\nHost: x\r\nHost: ${hostname}\r\nContent-Length: 0\r\n\r\n`;
    expect(await raw(Number(port), twice)).toMatch(/^HTTP\/1.1 4/);
    expect(served.holds()).toEqual({});
  });

  it('goes on while hundreds of uploads are half open, and keeps nothing of them', async () => {
    const served = await Served.open();
    const token = await served.token();
    const { port } = new URL(served.url);
    const head = `POST /upload?name=half HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Length: 100\r\n\r\nhalf`;
    const sockets = Array.from({ length: 200 }, () => connect(Number(port), '127.0.0.1'));
    await Promise.all(
      sockets.map(
        async (socket) =>
          await new Promise<void>((resolve, reject) => {
            socket.once('error', reject);
            socket.once('connect', () => socket.write(head, () => resolve()));
          }),
      ),
    );
    expect(await served.curl('/v1/changes', token)).toMatchObject({ status: 200 });
    // More of one account at once have to wait.
    expect((await served.curl('/upload?name=a', token, ['--data-binary', 'x'])).status).toBe(429);
    const other = await served.command(['user', 'add', served.folder, 'berta']);
    expect(await served.curl('/upload?name=a', other, ['--data-binary', 'x'])).toMatchObject({ status: 201 });
    for (const socket of sockets) socket.destroy();
    await expect
      .poll(async () => (await served.curl('/upload?name=a', token, ['--data-binary', 'x'])).status)
      .toBeLessThan(300);
    await expect.poll(() => served.parts()).toEqual([]);
    expect(Object.keys(served.holds())).toEqual(['a']);
  });

  it('serves a folder once, and says which process has it', async () => {
    const served = await Served.open();
    const { status, stderr } = await served.place.command([
      'serve',
      served.folder,
      '--listen',
      '127.0.0.1:0',
    ]);
    expect([status, stderr]).toEqual([11, expect.stringMatching(/served already, by process \d+/)]);
    await served.kill();
    await served.start();
    expect(await served.curl('/v1/account', undefined)).toMatchObject({ status: 401 });
  });

  it('says so when its address is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const served = await Served.open();
    await served.stop();
    const { port } = other.address() as AddressInfo;
    const { status, stderr } = await served.place.command([
      'serve',
      served.folder,
      '--listen',
      `127.0.0.1:${port}`,
    ]);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/Cannot listen on .*another program listens there/),
    ]);
    other.close();
  });

  it.skipIf(IS_WINDOWS)('keeps what is in var to itself, and no secret in it', async () => {
    const served = await Served.open();
    const token = await served.token();
    await served.curl('/upload?name=a&hash=0cc175b9c0f1b6a831c399e269772661', token, ['--data-binary', 'a']);
    await served.curl('/v1/changes', `${token}x`);
    await served.stop();
    const log = readFileSync(join(served.folder, 'var', 'access.log'), 'utf8');
    expect(log).toMatch(/"account":"anna".*"path":"\/upload","name":"a","status":201/);
    const secret = token.split('_').at(-1) ?? '';
    for (const name of ['users.jsonl', 'access.log', 'accounts/anna/journal.jsonl']) {
      const file = join(served.folder, 'var', name);
      expect(readFileSync(file, 'utf8')).not.toContain(secret);
      expect((statSync(file).mode & 0o077).toString(8), name).toBe('0');
    }
    expect((statSync(join(served.folder, 'var')).mode & 0o077).toString(8)).toBe('0');
  });

  it('ends in good order while an upload is under way, and keeps nothing of that', async () => {
    const served = await Served.open();
    const token = await served.token();
    const { port } = new URL(served.url);
    const headers = { Authorization: `Bearer ${token}`, 'Content-Length': '1000000' };
    const upload = request({ port, host: '127.0.0.1', method: 'POST', path: '/upload?name=a', headers });
    upload.on('error', () => {});
    upload.write(bytes(100_000));
    await expect.poll(() => served.parts()).toHaveLength(1);
    expect(await served.stop()).toBe(0);
    expect([served.parts(), served.holds()]).toEqual([[], {}]);
  });

  it('ends in good order while it reads a new library', async () => {
    const place = Place.open();
    const folder = place.path('library');
    await place.command(['serve', 'user', 'add', folder, 'anna']);
    const large = join(folder, 'files', 'anna', 'large');
    writeFileSync(large, '');
    // It takes minutes to read.
    truncateSync(large, 500e9);
    const running = place.start(['serve', folder, '--listen', '127.0.0.1:0', '--quiet']);
    const claim = join(folder, 'var', 'server.json');
    await expect.poll(() => existsSync(claim), { timeout: 20_000 }).toBe(true);
    running.child.kill('SIGTERM');
    expect((await running.ended).status).toBe(0);
    expect(existsSync(claim)).toBe(false);
  });
});

/** What a server answers to a text. */
async function raw(port: number, text: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => void socket.write(text));
    let answer = '';
    socket.setTimeout(5000, () => socket.destroy());
    socket.on('data', (chunk) => {
      answer += chunk.toString();
      socket.end();
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

describe('wrong use', () => {
  const place = new Place();
  beforeAll(async () => {
    await place.command(['serve', 'user', 'add', 'library', 'known']);
  });
  afterAll(() => place.remove());

  it.each<[readonly string[], RegExp]>([
    [['serve'], /Which folder is to be served/],
    [['serve', 'nowhere'], /is no library yet.*\n.*serve user add/],
    [['serve', 'user', 'add', 'library'], /Which one/],
    [['serve', 'user', 'add', 'library', 'Anna'], /"Anna" cannot be the name of an account/],
    [['serve', 'user', 'add', 'library', '../x'], /cannot be the name/],
    [['serve', 'user', 'add', 'library', 'con'], /cannot be the name/],
    [['serve', 'user', 'add', 'library', 'known'], /There is an account "known" already/],
    [['serve', 'user', 'add', 'library', 'b', '--quota', 'much'], /--quota much: it takes/],
    [['serve', 'user', 'remove', 'library', 'none'], /There is no account "none".*\n.*There are: known/],
    [['serve', 'token', 'add', 'library', 'none'], /There is no account "none"/],
    [['serve', 'token', 'add', 'library', 'known', '--scope', 'root'], /--scope root: it takes/],
    [['serve', 'token', 'revoke', 'library', 'none'], /There is no token "none"/],
    [['serve', 'pair', 'library', 'known'], /How will the phone reach the server/],
    [['serve', 'sync', 'nowhere'], /is no library yet/],
    [['serve', 'library', '--listen', 'x'], /--listen x: it takes HOST:PORT/],
    [['serve', 'library', '--max-size', 'x'], /--max-size x: it takes/],
    [['serve', 'library', '--base-url', 'x'], /--base-url x: it takes/],
    [['serve', 'library', '--cert', ''], /--cert is empty/],
    [['serve', 'library', '--listen', '1', '--listen', '2'], /--listen is given twice/],
  ])('%j is told what is wrong', async (args, message) => {
    const { status, stderr } = await place.command(args);
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});
