// `snapshot upload`, against `snapshot serve`.
import { chmodSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, type Server as HttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadBlake3 } from '../src/hash/blake3.ts';
import { type Ended, eventsOf, IS_ROOT, IS_WINDOWS, tool } from './support/command.ts';
import { Place } from './support/place.ts';
import { Served, sha256 } from './support/served.ts';
import { noise } from './support/trees.ts';

/** Runs `snapshot upload ...args` with a token. */
async function upload(served: Served, token: string, ...args: string[]): Promise<Ended> {
  return await served.place.command(['upload', ...args], { env: { SNAPSHOT_TOKEN: token } });
}

async function portOf(server: Server | HttpServer): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe('an upload', () => {
  it('brings a whole tree, then only what is new, and says what the server has', async () => {
    const served = await Served.open();
    const token = await served.token();
    const { place } = served;
    place.write({ 'a/1.jpg': 'one', 'a/b/2.jpg': 'two', 'a/twin.jpg': 'one', empty: '', 'ü.txt': 'text' });
    utimesSync(place.path('source/a/1.jpg'), 1_500_000_000, 1_500_000_000);
    if (!IS_WINDOWS) symlinkSync('a', place.path('source/link'));
    const dry = await upload(served, token, served.url, 'source', '--dry-run');
    expect([dry.status, dry.stdout]).toEqual([0, expect.stringMatching(/source\/a\/1\.jpg {2}3 B\n/)]);
    expect(served.holds()).toEqual({});

    const receipt = place.path('receipt');
    const first = await upload(served, token, served.url, 'source', '--receipt', receipt);
    expect([first.status, first.stderr]).toEqual([0, '']);
    expect(first.stdout).toMatch(
      /^4 files sent, 10 B; 1 was there already.*\n5 files are there, verified\n$/,
    );
    const twins = ['source/a/1.jpg', 'source/a/twin.jpg'].filter((name) => name in served.holds());
    expect(twins).toHaveLength(1);
    expect(Object.values(served.holds()).toSorted()).toEqual(
      ['one', 'two', '', 'text'].map(sha256).toSorted(),
    );
    if (twins[0] === 'source/a/1.jpg') expect(statSync(served.file('source/a/1.jpg')).mtimeMs).toBe(1.5e12);
    const lines = readFileSync(receipt, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(5);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toContainEqual(
      expect.objectContaining({ name: 'source/a/1.jpg', size: 3, path: place.path('source/a/1.jpg') }),
    );

    place.write({ 'a/3.jpg': 'three' });
    const second = await upload(served, token, served.url, 'source', '--json');
    expect(eventsOf(second).at(-1)).toMatchObject({
      event: 'end',
      status: 0,
      stored: 1,
      known: 5,
      problems: [],
    });
  });

  it('sends what is chosen, to the folder that is named', async () => {
    const served = await Served.open();
    const token = await served.token('upload');
    served.place.write({ 'x.jpg': 'x', 'y.txt': 'y', 'raw/z.jpg': 'z', 'raw/w.jpg': 'w' });
    const args = ['--to', 'phone/2026/', '--include', '*.jpg', '--exclude', 'w.*'];
    expect((await upload(served, token, served.url, 'source', ...args)).status).toBe(0);
    expect((await upload(served, token, served.url, 'source/y.txt')).status).toBe(0);
    expect(Object.keys(served.holds())).toEqual([
      'phone/2026/source/raw/z.jpg',
      'phone/2026/source/x.jpg',
      'y.txt',
    ]);
  });

  it('names what has no place there, and takes a free one when it is told to', async () => {
    const served = await Served.open();
    const token = await served.token();
    served.write('source/a.txt', 'theirs');
    served.place.write({ 'a.txt': 'mine', 'nul.txt': 'device', 'b.txt': 'b' });
    const { status, stdout, stderr } = await upload(served, token, served.url, 'source');
    expect([status, stdout]).toEqual([3, expect.stringMatching(/^1 file sent/)]);
    expect(stderr).toMatch(
      /a\.txt: other content has its name there; "source\/a \(2\)\.txt" is free: --rename/,
    );
    expect(stderr).toMatch(/nul\.txt: .*its name is that of a device/);
    rmSync(served.place.path('source/nul.txt'));
    expect((await upload(served, token, served.url, 'source', '--rename')).status).toBe(0);
    expect(served.holds()['source/a (2).txt']).toBe(sha256('mine'));
    expect(served.holds()['source/a.txt']).toBe(sha256('theirs'));
  });

  it.skipIf(IS_WINDOWS)('goes on without what it cannot read', async () => {
    const served = await Served.open();
    const token = await served.token();
    served.place.write({ secret: 'secret', open: 'open' });
    chmodSync(served.place.path('source/secret'), 0);
    const more = { env: { SNAPSHOT_TOKEN: token }, isOrdinary: IS_ROOT };
    const { status, stderr } = await served.place.command(['upload', served.url, 'source'], more);
    expect([status, stderr]).toEqual([3, expect.stringMatching(/source\/secret: permission denied/)]);
    expect(Object.keys(served.holds())).toEqual(['source/open']);
  });

  it('survives a line that is cut again and again', async () => {
    const served = await Served.open();
    const token = await served.token();
    for (let i = 0; i < 6; i++) served.place.write({ [`${i}`]: String(i).repeat(400_000) });
    let connections = 0;
    const proxy = createServer((socket) => {
      const to = connect(Number(new URL(served.url).port), '127.0.0.1');
      const cut = (): void => void (socket.destroy(), to.destroy());
      let passed = 0;
      const most = ++connections <= 5 ? 150_000 : Number.POSITIVE_INFINITY;
      socket.on('data', (chunk) => ((passed += chunk.length) > most ? cut() : to.write(chunk)));
      to.on('data', (chunk) => socket.write(chunk));
      for (const one of [socket, to]) one.on('error', cut).on('close', cut);
    });
    const port = await portOf(proxy);
    const { status } = await upload(served, token, `http://127.0.0.1:${port}`, 'source');
    expect([status, connections > 5]).toEqual([0, true]);
    expect(Object.values(served.holds()).toSorted()).toEqual(
      [0, 1, 2, 3, 4, 5].map((i) => sha256(String(i).repeat(400_000))).toSorted(),
    );
    expect(served.parts()).toEqual([]);
  });

  it('of a large file goes on where the line was cut', async () => {
    const served = await Served.open();
    const token = await served.token();
    const size = 40_000_000;
    served.place.write({ big: Buffer.alloc(size, 'snapshot ') });
    let passed = 0;
    let connections = 0;
    const proxy = createServer((socket) => {
      const to = connect(Number(new URL(served.url).port), '127.0.0.1');
      const cut = (): void => void (socket.destroy(), to.destroy());
      const number = ++connections;
      let own = 0;
      socket.on('data', (chunk) => {
        own += chunk.length;
        passed += chunk.length;
        if (number <= 4 && own > 8_000_000) cut();
        else if (!to.write(chunk)) {
          socket.pause();
          to.once('drain', () => socket.resume());
        }
      });
      to.on('data', (chunk) => socket.write(chunk));
      for (const one of [socket, to]) one.on('error', cut).on('close', cut);
    });
    const port = await portOf(proxy);
    const { status, stdout } = await upload(served, token, `http://127.0.0.1:${port}`, 'source');
    expect([status, stdout]).toEqual([0, expect.stringMatching(/1 file is there, verified/)]);
    expect(served.holds()).toEqual({ 'source/big': sha256(Buffer.alloc(size, 'snapshot ')) });
    expect(connections).toBeGreaterThan(4);
    expect(passed).toBeLessThan(1.5 * size);
  });

  it('of copies of a large file that has begun to arrive sends one', async () => {
    const served = await Served.open();
    const token = await served.token();
    const bytes = Buffer.alloc(40_000_000, 'snapshot ');
    served.place.write({ one: bytes, two: bytes, three: bytes });
    const hash = Buffer.from((await loadBlake3()).hash(bytes)).toString('hex');
    const metadata = Object.entries({ name: 'source/one', hash: `blake3:${hash}` }).map(
      ([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`,
    );
    const tus = { Authorization: `Bearer ${token}`, 'Tus-Resumable': '1.0.0' };
    const announced = { 'Upload-Length': String(bytes.length), 'Upload-Metadata': metadata.join(',') };
    const made = await fetch(`${served.url}/v1/uploads`, {
      method: 'POST',
      headers: { ...tus, ...announced },
    });
    await fetch(`${served.url}${made.headers.get('Location')}`, {
      method: 'PATCH',
      body: bytes.subarray(0, 1000),
      headers: { ...tus, 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' },
    });
    const { status, stdout } = await upload(served, token, served.url, 'source', '--json');
    expect([status, stdout]).toEqual([0, expect.stringMatching(/"stored":1,"known":2,/)]);
    expect(Object.keys(served.holds())).toEqual(['source/one']);
  });

  it('that is stopped says so, and goes on the next time', async () => {
    const served = await Served.open();
    const token = await served.token();
    served.place.writeMany('many', 400);
    const running = served.place.start(['upload', served.url, 'source', '--json'], {
      env: { SNAPSHOT_TOKEN: token },
    });
    await running.line((line) => line.includes('"stored"'));
    running.child.kill('SIGINT');
    const { status, stderr } = await running.ended;
    expect([status, stderr]).toEqual([130, expect.stringMatching(/Stopped by the user/)]);
    const sent = Object.keys(served.holds()).length;
    const { stdout } = await upload(served, token, served.url, 'source');
    expect(stdout).toMatch(/400 files are there, verified/);
    expect(sent).toBeGreaterThan(0);
  });
});

describe('a token', () => {
  it('follows no redirect', async () => {
    const served = await Served.open();
    const seen: unknown[] = [];
    const other = createHttp((asked, answer) => {
      seen.push(asked.headers.authorization);
      answer.end('{}');
    });
    const port = await portOf(other);
    const first = createHttp((_, answer) =>
      answer.writeHead(307, { Location: `http://127.0.0.1:${port}/` }).end(),
    );
    served.place.write({ a: 'a' });
    const { status, stderr } = await upload(
      served,
      'secret',
      `http://127.0.0.1:${await portOf(first)}`,
      'source',
    );
    expect([status, stderr, seen]).toEqual([
      1,
      expect.stringMatching(/redirects to "http.*\n.*was not sent there/),
      [],
    ]);
  });

  it('that is refused, or has the wrong scope, ends it', async () => {
    const served = await Served.open();
    served.place.write({ a: 'a' });
    for (const [token, message] of [
      ['wrong', /That token is not known here\n.*serve token add/],
      [await served.token('read'), /may only read/],
    ] as const) {
      const { status, stderr } = await upload(served, token, served.url, 'source');
      expect([status, stderr]).toEqual([1, expect.stringMatching(message)]);
    }
  });

  // In one request, and in one that can be gone on with.
  it.each([6_000_000, 9_000_000])(
    'that is revoked while %i bytes are on their way ends it, and another one goes on',
    async (size) => {
      const served = await Served.open();
      const { place } = served;
      const token = await served.token('upload');
      const [, id = ''] = token.split('_');
      place.write({ a: 'a', large: noise(size) });
      let passed = 0;
      // What comes after the half waits until the token is revoked.
      const slow = createServer((from) => {
        const to = connect(Number(new URL(served.url).port), '127.0.0.1');
        to.pipe(from);
        from.on('data', (chunk: Buffer) => {
          const before = passed;
          passed += chunk.length;
          to.write(chunk);
          if (before >= 4_000_000 || passed < 4_000_000) return;
          from.pause();
          void served.command(['token', 'revoke', served.folder, id]).then(() => from.resume());
        });
        for (const one of [from, to]) one.on('error', () => void (from.destroy(), to.destroy()));
        from.on('end', () => to.end());
      });
      const url = `http://127.0.0.1:${await portOf(slow)}`;
      const ended = await upload(served, token, url, 'source');
      expect([ended.status, ended.stderr]).toEqual([
        1,
        expect.stringMatching(/That token is not known here/),
      ]);
      const whole = {
        'source/a': sha256('a'),
        'source/large': sha256(readFileSync(place.path('source/large'))),
      };
      expect(served.holds()).not.toHaveProperty(['source/large']);
      const other = await served.token('upload');
      expect((await upload(served, other, served.url, 'source')).status).toBe(0);
      expect(served.holds()).toEqual(whole);
    },
  );

  it.skipIf(IS_WINDOWS)(
    'comes from a file that others cannot read, and goes over https to a server with its own certificate',
    async () => {
      const keys = Place.open();
      const [cert, key, file] = [keys.path('cert.pem'), keys.path('key.pem'), keys.path('token')];
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
      writeFileSync(file, `${await served.token()}\n`, { mode: 0o644 });
      served.place.write({ a: 'a' });
      const args = ['upload', served.url, 'source', '--token-file', file];
      expect((await served.place.command(args)).stderr).toMatch(/others may read it/);
      chmodSync(file, 0o600);
      expect((await served.place.command([...args, '--cacert', cert])).status).toBe(0);
    },
  );
});

describe('wrong use', () => {
  it.each<[readonly string[], number, RegExp]>([
    [['http://photos.example', '.'], 2, /without https, others on the way could read the token/],
    [['ftp://127.0.0.1', '.'], 2, /is no address of a server/],
    [['nonsense', '.'], 2, /is no address of a server/],
    [['http://anna:secret@127.0.0.1', '.'], 2, /no user or password here/],
    [['http://127.0.0.1:9', 'nowhere'], 2, /Cannot upload "nowhere"/],
    [['http://127.0.0.1:9', '.', '--receipt', '/nowhere/x'], 2, /Cannot write the receipt/],
    [['http://127.0.0.1:9', '.', '--cacert', '/nowhere'], 2, /Cannot read the certificate/],
    [['http://127.0.0.1:9', '.', '--to', ''], 2, /--to is empty/],
    [['http://127.0.0.1:9'], 2, /Missing: PATHS$/m],
  ])('%j is told what is wrong', async (args, expected, message) => {
    const { status, stderr } = await Place.open().command(['upload', ...args], {
      env: { SNAPSHOT_TOKEN: 'x' },
    });
    expect([status, stderr]).toEqual([expected, expect.stringMatching(message)]);
  });

  it('without a token says where it comes from', async () => {
    const { status, stderr } = await Place.open().command(['upload', 'http://127.0.0.1:9', '.']);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/takes a token.*\n.*SNAPSHOT_TOKEN/)]);
  });
});
