// Whatever is asked: an answer, nothing written but where it may be restored, nothing without a token, and the next one is served as ever.
import { readdirSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { chosenSeed } from '../../test/support/seed.ts';
import { faultIn, oddRequests, sendOdd } from '../serve/http/odd-requests.lab.ts';
import { Lab } from './dashboard.lab.ts';

/** More of them: `SNAPSHOT_TEST_RUNS=20000`. */
const RUNS = Number(process.env['SNAPSHOT_TEST_RUNS'] ?? 40);

/** What a run may write to. */
const isOurs = (path: string): boolean => /^(?:snapshot|destination|\.local)/.test(path.split(sep)[0] ?? '');

it('whatever it is asked, the dashboard answers with what is documented, and harms nothing', async () => {
  const lab = await Lab.open();
  const row = await lab.row();
  const at = `/v1/rows/${row}`;
  const { host, port } = new URL(lab.dashboard.url);
  const restore = { at: 'latest', path: 'note.txt', folder: 'x', overwrite: 'never', dryRun: true };
  const odd = oddRequests({
    host,
    targets: [
      '/',
      '/assets/x.js',
      '/v1/session',
      '/v1/about',
      '/v1/overview',
      '/v1/events',
      '/v1/log',
      '/v1/schedule',
      at,
      `${at}/files?at=latest`,
      `${at}/timeline?path=note.txt`,
      `${at}/difference`,
      `${at}/run`,
      `${at}/restore`,
      `${at}/tickets`,
      '/v1/tasks/1/stop',
    ],
    prefixes: [
      '/',
      '/assets/',
      '/v1/rows/',
      '/v1/tasks/',
      '/v1/download/',
      `${at}/files?path=`,
      `${at}/files?at=`,
      `${at}/files?find=`,
      `${at}/timeline?path=`,
      `${at}/difference?from=`,
      `${at}/difference?from=latest&to=`,
      `${at}/`,
    ],
    bodies: [
      {},
      { dryRun: 1 },
      { dryRun: true, accept: [] },
      restore,
      { ...restore, folder: '../x' },
      { ...restore, folder: 'a\u0000' },
      { ...restore, path: '..' },
      { ...restore, at: '../..' },
      { ...restore, at: {} },
      { ...restore, overwrite: 'always' },
      { at: 'latest', path: 'note.txt', as: 'file' },
      { at: '2026', path: '%2e%2e', as: 'zip' },
      { code: 'x' },
      { code: ['x'] },
    ],
    headers: [
      ['Host', 'localhost'],
      ['Origin', lab.dashboard.url],
      ['Last-Event-ID', '-1'],
    ],
    who: ['nobody', 'owner', 'owner'],
  });
  // A run may be at work: its folders are not looked into.
  const there = (): readonly string[] =>
    readdirSync(lab.root)
      .filter((name) => !isOurs(name))
      .flatMap((name) =>
        statSync(lab.path(name)).isDirectory()
          ? readdirSync(lab.path(name), { recursive: true, encoding: 'utf8' }).map((path) => join(name, path))
          : [name],
      )
      .toSorted();
  const before = there();
  const statuses = new Set<number>();
  const wanted = {
    method: 'GET',
    target: '/v1/about',
    headers: [],
    body: '',
    who: 'owner',
    framing: 'right',
  };
  const property = fc.asyncProperty(odd, async (request) => {
    const isOwner = request.who === 'owner';
    const answer = await sendOdd(Number(port), request, host, isOwner ? lab.token : '');
    statuses.add(answer.status);
    // Who is let in sees where things are: that is what it is for.
    expect(faultIn(answer, request, isOwner ? '\0' : lab.root)).toBeUndefined();
    expect(lab.failures).toEqual([]);
    expect(there()).toEqual(before);
    expect((await sendOdd(Number(port), wanted, host, lab.token)).status).toBe(200);
  });
  await fc.assert(property, { numRuns: RUNS, seed: chosenSeed() });
  // Else nothing was tried.
  expect(statuses.size).toBeGreaterThan(3);
});
