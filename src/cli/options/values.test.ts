// What the values of options come to, and which are refused.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { readByteAmount } from './byte-amount.ts';
import { readDuration } from './duration.ts';
import { runLimits } from './run-limits.ts';
import { acceptedBy, type RunCommandOptions } from './run-options.ts';
import { readServeLimits } from './serve-limits.ts';
import { serveWords } from './serve-options.ts';
import { nameOfPlan } from './schedule-name.ts';
import { serverToken } from './server-token.ts';
import { usageError } from './usage-error.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

it.each([
  ['90s', 90_000],
  ['10m', 600_000],
  ['2h', 7_200_000],
  ['0s', 0],
])('a time of %s is %i ms', (text, ms) => {
  expect(readDuration('settle', text)).toBe(ms);
});

it('a plan has an entry of another name than one of the same name elsewhere', () => {
  const names = ['/home/ada/my plan.csv', '/home/bob/my plan.csv', '/x/---.csv'].map(nameOfPlan);
  expect(names).toEqual([
    expect.stringMatching(/^my-plan-[0-9a-f]{6}$/),
    expect.stringMatching(/^my-plan-[0-9a-f]{6}$/),
    expect.stringMatching(/^-*[0-9a-f]{6}$/),
  ]);
  expect(new Set(names).size).toBe(3);
});

it('what comes behind `--` is no option with a slip', () => {
  const known = {
    command: ['restore'],
    commands: [],
    options: ['to'],
    demanded: ['series'],
    positionals: ['series'],
  };
  const message = 'Not enough non-option arguments: got 0, need at least 1';
  const said = (...args: readonly string[]): string => usageError(message, known, args).message;
  expect(said('restore', '--too', 'x')).toContain('too');
  expect(said('restore', '--', '--too')).not.toContain('too');
});

it.each(['', '10', 'm', '1d', '1.5h', '10 m', '10M', '-1s'])('%j is no time', (text) => {
  expect(() => readDuration('settle', text)).toThrow(`--settle ${text}: it takes a time, as 90s`);
});

it('an amount of bytes needs a unit, but for none at all', () => {
  expect(['0', '1GB', '1.5MiB', '2TiB'].map((text) => readByteAmount('min-free', text))).toEqual([
    0,
    1e9,
    1_572_864,
    2 ** 41,
  ]);
  for (const text of ['', '1', '00', 'GB', '-1GB'])
    expect(() => readByteAmount('min-free', text)).toThrow(
      `--min-free ${text}: it takes a number and a unit`,
    );
});

describe('a run', () => {
  const given = { jobs: 1, shutdown: undefined, shard: undefined, maxRate: undefined };

  it.each<[object, object | string]>([
    [{}, { shard: undefined, bytesPerSecond: undefined }],
    [
      { jobs: 64, maxRate: '1MB/s', shard: '2/4' },
      { shard: { number: 2, of: 4 }, bytesPerSecond: 1e6 },
    ],
    // As without a value.
    [{ shutdown: '' }, {}],
    [{ shutdown: 'always' }, {}],
    [{ shutdown: 'never' }, '--shutdown=never: it takes no value, or `always`'],
    [{ shutdown: '', shard: '1/2' }, '--shard and --shutdown do not go together'],
    [{ jobs: 0 }, '--jobs takes a whole number from 1 to 64'],
    [{ jobs: 65 }, '--jobs takes a whole number from 1 to 64'],
    [{ jobs: 1.5 }, '--jobs takes a whole number from 1 to 64'],
    [{ jobs: Number.NaN }, '--jobs takes a whole number from 1 to 64'],
  ])('with %j has these limits: %j', (more, limits) => {
    const read = (): unknown => runLimits({ ...given, ...more } as RunCommandOptions);
    if (typeof limits === 'string') expect(read).toThrow(limits);
    else expect(read()).toMatchObject(limits);
  });

  // To accept what one path is about is not to accept everything.
  it.each<[RunCommandOptions['acceptChanges'], boolean, readonly string[]]>([
    [undefined, false, []],
    [false, false, []],
    ['', true, []],
    ['a', false, ['a']],
    [['a', 'b'], false, ['a', 'b']],
    [['a', ''], true, ['a']],
  ])('with --accept-changes %j accepts everything: %o', (acceptChanges, all, paths) => {
    expect(acceptedBy({ acceptChanges })).toEqual({ acceptChanges: all, acceptPaths: paths });
  });
});

describe('a server', () => {
  it('takes files up to one limit, and leaves the other free', () => {
    expect(readServeLimits({ maxSize: '5GB', minFree: '0' })).toEqual({
      mostFileBytes: 5e9,
      minFreeBytes: 0,
    });
  });

  it('is started by its schedule with the same options, and with files that are named from any folder', () => {
    const options = {
      listen: '0.0.0.0:8400',
      cert: 'cert.pem',
      key: 'key.pem',
      insecureLan: false,
      baseUrl: 'https://photos.example.org',
      trustedProxy: ['10.0.0.1', '10.0.0.2'],
      maxSize: '100GB',
      minFree: '2GB',
    };
    const files = `--cert ${resolve('cert.pem')} --key ${resolve('key.pem')}`;
    expect(serveWords(options).join(' ')).toBe(
      `--listen 0.0.0.0:8400 ${files} --base-url https://photos.example.org --trusted-proxy 10.0.0.1 10.0.0.2 --min-free 2GB`,
    );
  });

  it('is shown the token in the environment, or that in a file, without the end of its line', async () => {
    vi.stubEnv('SNAPSHOT_TOKEN', ' environment\r\n');
    expect(await serverToken(undefined)).toBe('environment');
    const folder = mkdtempSync(join(tmpdir(), 'snapshot-token-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'token'), 'file\n', { mode: 0o600 });
    expect(await serverToken(join(folder, 'token'))).toBe('file');
    for (const [token, why] of [
      ['', 'This takes a token'],
      ['two words', 'What was given as a token is none'],
    ] as const) {
      vi.stubEnv('SNAPSHOT_TOKEN', token);
      await expect(serverToken(undefined)).rejects.toThrow(why);
    }
  });
});
