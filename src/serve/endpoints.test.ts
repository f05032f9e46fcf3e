// Whatever is asked: an answer, nothing outside of the folder, nothing without a token, and the next one is served as ever.
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import * as fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { chosenSeed } from '../../test/support/seed.ts';
import { HAS_LINKS } from '../base/able.lab.ts';
import { faultIn, oddRequests, sendOdd } from './http/odd-requests.lab.ts';
import { whyRefused } from './library/file-name.ts';
import { serveFolder } from './server.ts';
import { Accounts } from './users/accounts.ts';

/** More of them: `SNAPSHOT_TEST_RUNS=20000`. */
const RUNS = Number(process.env['SNAPSHOT_TEST_RUNS'] ?? 80);

const HASH = 'a'.repeat(64);

/** What requests may write to. */
const isOurs = (path: string): boolean =>
  path.startsWith(join('library', 'files', 'anna') + sep) ||
  /^library.var.accounts.anna.(?:parts|uploads)/.test(path);

it('whatever it is asked, the server answers with what is documented, and harms nothing', async () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'snapshot-endpoints-')));
  const library = join(root, 'library');
  const files = join(library, 'files', 'anna');
  mkdirSync(files, { recursive: true });
  mkdirSync(join(library, 'var', 'accounts', 'anna'), { recursive: true });
  writeFileSync(join(library, 'files', 'outside'), 'mine');
  writeFileSync(join(files, 'known'), 'known');
  if (HAS_LINKS) symlinkSync('..', join(files, 'up'));
  const accounts = new Accounts(join(library, 'var', 'users.jsonl'));
  await accounts.add('anna', undefined, new Date());
  const tokens: Record<string, string> = { nobody: '' };
  for (const scope of ['all', 'upload', 'read'] as const)
    tokens[scope] = await accounts.addToken('anna', scope, new Date());
  const failures: unknown[] = [];
  const serving = await serveFolder({
    folder: library,
    listen: '127.0.0.1:0',
    insecureLan: false,
    baseUrl: undefined,
    trustedProxies: [],
    cert: undefined,
    key: undefined,
    limits: { mostFileBytes: 1e6, minFreeBytes: 0 },
    onRead: () => {},
    onSync: () => {},
    watch: false,
    onError: (error) => failures.push(error),
  });
  onTestFinished(async () => {
    await serving.close();
    rmSync(root, { recursive: true, force: true });
  });
  const { host, port } = new URL(serving.url);
  const targets = [
    '/',
    '/library',
    '/assets/x.js',
    '/upload?name=a',
    '/upload',
    '/sync',
    '/sync?rehash=1',
    '/v1/check',
    '/v1/uploads',
  ];
  const more = [
    '/v1/files/known',
    '/v1/changes?after=0',
    '/v1/events',
    '/v1/list',
    '/v1/list?search=k',
    '/v1/account',
    '/v1/tickets',
    '/v1/pair',
  ];
  const one = { id: 1, size: 5, blake3: HASH };
  const odd = oddRequests({
    host,
    targets: [...targets, ...more, `/upload?name=b&hash=${HASH.slice(32)}&modified=1e99&rename=1`],
    prefixes: [
      '/',
      '/assets/',
      '/upload?name=',
      '/upload?name=a&hash=',
      '/upload?name=a&modified=',
      '/v1/files/',
      '/v1/uploads/',
      '/v1/list?folder=',
      '/v1/list?after=',
      '/v1/list?limit=',
      '/v1/changes?after=',
      '/v1/tickets/',
      '/sync?rehash=',
    ],
    bodies: [
      {},
      { files: [] },
      { files: null },
      { files: [one] },
      { files: [{ ...one, size: -1 }] },
      { files: [null, 1, 'x', []] },
      { files: Array.from({ length: 1001 }, () => one) },
      { file: 'known' },
      { file: '../outside' },
      { file: 1 },
      { folder: '' },
      { folder: 'up' },
      { folder: '\u0000' },
      { code: 'x' },
      { code: [] },
    ],
    headers: [
      ['Tus-Resumable', '1.0.0'],
      ['Tus-Resumable', '0.1'],
      ['Upload-Length', '5'],
      ['Upload-Length', '-1'],
      ['Upload-Length', '9007199254740993'],
      ['Upload-Length', '1e9'],
      ['Upload-Offset', '0'],
      ['Upload-Offset', 'x'],
      ['Upload-Metadata', `name ${Buffer.from('../outside').toString('base64')}`],
      ['Upload-Metadata', `name ${Buffer.from('tus').toString('base64')},hash ${'A'.repeat(500)}`],
      ['Upload-Metadata', `name ${Buffer.from('tus').toString('base64')}`],
      ['Upload-Metadata', 'k,'.repeat(2000)],
      ['Upload-Defer-Length', '1'],
      ['Upload-Concat', 'partial'],
      ['Repr-Digest', 'sha-256=:AAAA:'],
      ['Repr-Digest', 'sha-256=:=:'],
    ],
    who: Object.keys(tokens),
  });

  const outside = (): readonly string[] =>
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((path) => !isOurs(path))
      .toSorted();
  // It is listed through a link, too.
  const inside = (): readonly string[] =>
    readdirSync(files, { recursive: true, encoding: 'utf8' })
      .filter((name) => !name.startsWith(`up${sep}`))
      .toSorted();
  const before = { outside: outside(), inside: inside() };
  const statuses = new Set<number>();
  const wanted = {
    method: 'GET',
    target: '/v1/account',
    headers: [],
    body: '',
    who: 'read',
    framing: 'right',
  };
  const property = fc.asyncProperty(odd, async (request) => {
    const answer = await sendOdd(Number(port), request, host, tokens[request.who] ?? '');
    statuses.add(answer.status);
    expect(faultIn(answer, request, root)).toBeUndefined();
    expect(failures).toEqual([]);
    const names = inside();
    if (['nobody', 'read'].includes(request.who)) expect(names).toEqual(before.inside);
    before.inside = names;
    expect(outside()).toEqual(before.outside);
    expect((await sendOdd(Number(port), wanted, host, tokens['read'] ?? '')).status).toBe(200);
  });
  await fc.assert(property, { numRuns: RUNS, seed: chosenSeed() });

  expect(readFileSync(join(library, 'files', 'outside'), 'utf8')).toBe('mine');
  expect(readFileSync(join(files, 'known'), 'utf8')).toBe('known');
  for (const name of inside()) {
    const stats = lstatSync(join(files, name));
    expect([name, stats.isFile() || stats.isDirectory()]).toEqual([name, name !== 'up']);
    expect(whyRefused(name.replaceAll(sep, '/')), name).toBeUndefined();
  }
  // Else nothing was tried.
  expect(statuses.size).toBeGreaterThan(5);
});
