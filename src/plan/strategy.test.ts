import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parsePlan, type Row } from './plan.ts';
import { PlanError } from './problem.ts';

const DAY_MS = 86_400_000;

/** The row of a plan with these cells, beside a source and a destination. */
async function rowOf(cells: Readonly<Record<string, string>>): Promise<Row | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-strategy-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const all: Readonly<Record<string, string>> = { source: 'from', destination: 'to', ...cells };
  const text = `${Object.keys(all).join(',')}\n${Object.values(all).join(',')}\n`;
  return (await parsePlan(Buffer.from(text), join(folder, 'plan.csv'))).rows[0];
}

async function problemsOf(cells: Readonly<Record<string, string>>): Promise<readonly string[]> {
  try {
    await rowOf(cells);
    return [];
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    return error.problems.map(({ message }) => message);
  }
}

describe('keep', () => {
  it.each<[string, string, object]>([
    ['incremental', '', { last: 7 }],
    ['full', '', { last: 7 }],
    ['mirror', '', { within: 30 * DAY_MS }],
    ['mirror', '12h', { within: DAY_MS / 2 }],
    ['mirror', '8w last=10', { within: 56 * DAY_MS, last: 10 }],
    ['mirror', '5', { last: 5 }],
  ])('of strategy %s is, where it says "%s", %o', async (strategy, keep, expected) => {
    expect((await rowOf({ strategy, keep }))?.keep).toEqual(expected);
  });

  it('has an age for mirrors only, and one', async () => {
    expect(await problemsOf({ keep: '30d' })).toEqual([
      expect.stringContaining('has an age, which is for mirrors'),
    ]);
    expect(await problemsOf({ strategy: 'full', keep: 'daily=3 2w' })).toHaveLength(1);
    expect(await problemsOf({ strategy: 'mirror', keep: '30d 2w' })).toEqual([
      expect.stringContaining('two ages'),
    ]);
  });
});

describe('a mirror', () => {
  it.each([
    [{ format: 'zip' }, 'leave `format` empty'],
    [{ encrypt: 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p' }, 'leave `encrypt` empty'],
    [{ destination: 'one | two' }, 'one destination'],
    [{ destination: 'sftp://nas/~/x' }, 'no address'],
  ])('refuses %o', async (cells, says) => {
    expect(await problemsOf({ strategy: 'mirror', ...cells })).toEqual([expect.stringContaining(says)]);
    expect(await problemsOf(cells)).toEqual([]);
  });

  it('takes what says where it is in the usual words', async () => {
    expect(await rowOf({ strategy: 'Mirror', format: 'tar.zst' })).toMatchObject({ strategy: 'mirror' });
  });
});

describe('a sync', () => {
  it.each([
    [{ format: 'zip' }, 'leave `format` empty'],
    [{ encrypt: 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p' }, 'leave `encrypt` empty'],
    [{ destination: 'one | two' }, 'one destination'],
    [{ destination: 's3://bucket/x' }, 'on a server by `sftp://`'],
    [{ 'exclude-if-present': '.nobackup' }, 'leave `exclude-if-present` empty'],
    [{ 'exclude-larger-than': '1GB' }, 'leave `exclude-larger-than` empty'],
    [{ 'one-file-system': 'yes' }, 'leave `one-file-system` empty'],
    [{ 'may-fail': '*.tmp' }, 'leave `may-fail` empty'],
  ])('refuses %o', async (cells, says) => {
    expect(await problemsOf({ strategy: 'sync', ...cells })).toEqual([expect.stringContaining(says)]);
    expect(await problemsOf(cells)).toEqual([]);
  });
});
