// `snapshot serve mirror`, against a server that means harm.
import { createServer, type RequestListener } from 'node:http';
import { dirname } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadBlake3 } from '../src/hash/blake3.ts';
import { treeOf } from './support/followed.ts';
import { listening } from './support/listening.ts';
import { Place } from './support/place.ts';

/** Follows one that says `lines`, and has `files` by path. */
async function follow(
  lines: readonly object[],
  files: Readonly<Record<string, { readonly body: string; readonly etag: string }>>,
  account: Readonly<Record<string, unknown>> = { account: 'anna', scope: 'read' },
): Promise<{ readonly place: Place; readonly status: number | null; readonly text: string }> {
  const answer: RequestListener = ({ url = '' }, response) => {
    const file = files[decodeURIComponent(url.replace('/v1/files/', ''))];
    if (url === '/v1/account') response.end(JSON.stringify(account));
    else if (url.startsWith('/v1/changes'))
      response.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    else if (file === undefined) response.writeHead(404).end('{}');
    else response.writeHead(200, { ETag: `"${file.etag}"` }).end(file.body);
  };
  const server = createServer(answer);
  const url = `http://127.0.0.1:${await listening(server)}`;
  onTestFinished(() => server.closeAllConnections());
  const place = Place.open();
  const { status, stdout, stderr } = await place.command(
    ['serve', 'mirror', url, place.path('in/second'), '--once', '--min-free', '0'],
    { env: { SNAPSHOT_TOKEN: 'x' } },
  );
  return { place, status, text: stdout + stderr };
}

async function hash(text: string): Promise<string> {
  return Buffer.from((await loadBlake3()).hash(Buffer.from(text))).toString('hex');
}

describe('a server that means harm', () => {
  it('gets nothing out of the folder, and nothing in that is not what it says', async () => {
    const good = await hash('good');
    const put = (n: number, path: string, blake3 = good, size = 4): object => ({
      n,
      do: 'put',
      path,
      size,
      modified: 1.5e12,
      blake3,
    });
    const bad = [
      '../x',
      'a/../../x',
      '/tmp/x',
      'C:x',
      'a\\x',
      'nul',
      '.snapshot-data/x',
      'a//x',
      '%2e%2e/x',
      'a\0',
    ];
    const wrong = await hash('wrong');
    const other = await hash('other');
    const lines = [
      ...bad.map((path, i) => put(i + 1, path)),
      { n: 20, do: 'put', path64: 'Li4veA==', size: 4, modified: 1, blake3: good },
      { n: 21, do: 'remove', path: '../../../x' },
      put(30, 'wrong', wrong, 5),
      put(31, 'long', other, 5),
      put(32, 'short', await hash('short'), 5),
      put(33, 'changed', await hash('chang'), 5),
      put(34, 'gone', await hash('gonee'), 5),
      put(40, 'good'),
      { n: 40 },
    ];
    const files = {
      wrong: { body: 'worng', etag: wrong },
      long: { body: 'otherwise', etag: other },
      short: { body: 'sho', etag: await hash('short') },
      changed: { body: 'chang', etag: await hash('elsewhat') },
      good: { body: 'good', etag: good },
    };
    const { place, status, text } = await follow(lines, files);
    expect(status).toBe(3);
    expect(text).toMatch(/^anna: 1 fetched \(4 B\), 0 unchanged/);
    for (const path of bad) expect(text).toContain(`${path.replace('\0', String.raw`\x00`)}: `);
    expect(text).toMatch(/^Li4veA==: its name is no text$/m);
    expect(text).toMatch(/^wrong: what the server sends is not what it says/m);
    expect(text).toMatch(/^long: the server sends more than its size$/m);
    expect(text).toMatch(/^short: the server sends less than its size$/m);
    expect(text).toMatch(/^changed: it was changed there meanwhile$/m);
    expect(text).toMatch(/^gone: it was changed there meanwhile$/m);
    expect(Object.keys(treeOf(place.path('in'))).filter((name) => !name.startsWith('second/var/'))).toEqual([
      'second/files/anna/good',
    ]);
    expect(Object.keys(treeOf(dirname(place.path('in')))).filter((name) => name.endsWith('x'))).toEqual([]);
  });

  it.each<[string, readonly object[], object | undefined, number, RegExp]>([
    [
      'another account than one can be',
      [{ n: 0 }],
      { account: '../x', scope: 'read' },
      1,
      /does not answer as a library/,
    ],
    [
      'no last line',
      [{ n: 1, do: 'put', path: 'a', size: 1, modified: 1, blake3: 'a'.repeat(64) }],
      undefined,
      1,
      /does not answer as a library/,
    ],
    [
      'a size that is none',
      [{ n: 1, do: 'put', path: 'a', size: -1, modified: 1, blake3: 'a'.repeat(64) }, { n: 1 }],
      undefined,
      1,
      /does not answer as a library/,
    ],
    [
      'a hash that is a path',
      [{ n: 1, do: 'put', path: 'a', size: 1, modified: 1, blake3: '../../x' }, { n: 1 }],
      undefined,
      1,
      /does not answer as a library/,
    ],
    ['no lines', [], undefined, 1, /does not answer as a library/],
  ])('is told so when it says %s', async (_, lines, account, expected, message) => {
    const { status, text } = await follow(lines, {}, { account: 'anna', scope: 'read', ...account });
    expect([status, text]).toEqual([expected, expect.stringMatching(message)]);
  });
});
