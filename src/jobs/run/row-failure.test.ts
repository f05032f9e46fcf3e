// A row that fails is that row's failure, whatever it throws.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { storeError } from '../../store/store-error.ts';
import type { StoreItem } from '../../store/store.ts';
import type { RowEnd, RunEvent } from '../events.ts';
import { Memory } from '../status/memory.ts';
import { run, type RunOptions } from './run.ts';
import { SeriesLab } from './series.lab.ts';

let lab: SeriesLab;

beforeEach(() => {
  lab = new SeriesLab();
  writeFileSync(join(lab.source, 'file'), 'content');
});

afterEach(() => {
  lab.remove();
});

const events: RunEvent[] = [];

/** A run of the row at fault, and of one after it. */
async function runBoth(options: Partial<RunOptions>): Promise<readonly RowEnd[]> {
  events.length = 0;
  const rows = [lab.row, { ...lab.row, line: 2, name: 'next' }];
  return await run(
    { file: 'plan.csv', rows },
    {
      only: [],
      dryRun: false,
      jobs: 1,
      rehash: false,
      acceptChanges: false,
      signal: new AbortController().signal,
      report: (event) => events.push(event),
      now: () => new Date(),
      ...options,
    },
  );
}

/** Throws at the first row. */
function firstOnly(fail: () => never): (folder: string) => LocalStore {
  let rows = 0;
  return (folder) => (rows++ === 0 ? fail() : new LocalStore(folder));
}

function bug(): never {
  throw new TypeError('planted');
}

class BuggyStore extends LocalStore {
  override async list(key: string): Promise<readonly StoreItem[]> {
    if (key === 'data') bug();
    return await super.list(key);
  }
}

class BuggyMemory extends Memory {
  #asked = 0;

  override async find(destination: string): ReturnType<Memory['find']> {
    if (this.#asked++ === 0) bug();
    return await super.find(destination);
  }
}

describe('a row that throws what is no SnapshotError', () => {
  it.each<[string, () => Partial<RunOptions>]>([
    ['when its store is opened', () => ({ open: firstOnly(bug) })],
    ['when its series is read', () => ({ open: (folder) => new BuggyStore(folder) })],
    ['when its disk is looked for', () => ({ memory: new BuggyMemory(join(lab.root, 'state')) })],
    ['when it is asked whether to begin', () => ({ notNow: oneBug() })],
  ])('%s fails with its stack, and the next row is run', async (_, options) => {
    const ends = await runBoth(options());
    expect(ends).toMatchObject([
      {
        outcome: 'failed',
        status: 1,
        error: { code: 'E_INTERNAL', message: 'internal error: planted' },
      },
      { outcome: 'written', status: 0, error: null },
    ]);
    expect(ends[0]?.error?.stack).toContain('row-failure.test');
    expect(ends[0]?.error?.hint).toContain('report it');
    expect(events.filter(({ event }) => event === 'row')).toEqual(ends);
  });

  it('after its snapshot is written still tells of it', async () => {
    class Forgetful extends Memory {
      override async update(): Promise<void> {
        await Promise.resolve();
        bug();
      }

      override async find(): ReturnType<Memory['find']> {
        return await Promise.resolve({ isRemovable: false, disks: [], series: [] });
      }
    }
    const ends = await runBoth({ memory: new Forgetful(join(lab.root, 'state')) });
    expect(ends.map(({ outcome, status, error }) => [outcome, status, error?.code])).toEqual([
      ['written', 1, 'E_INTERNAL'],
      ['written', 1, 'E_INTERNAL'],
    ]);
  });
});

function oneBug(): () => Promise<string | undefined> {
  let asked = 0;
  return async () => (asked++ === 0 ? bug() : await Promise.resolve(undefined));
}

function refuse(): never {
  throw new SnapshotError('E_STORE', 'no such server');
}

describe('a row that fails while it is opened', () => {
  it('is a failure with its own words, and the next row is run', async () => {
    const ends = await runBoth({ open: firstOnly(refuse) });
    expect(ends).toMatchObject([
      { outcome: 'failed', status: 1, error: { code: 'E_STORE', message: 'no such server' } },
      { outcome: 'written', status: 0 },
    ]);
    expect(ends[0]?.error).not.toHaveProperty('stack');
  });

  it('leaves its failure in the log of its series, where there is one', async () => {
    mkdirSync(lab.folder(), { recursive: true });
    await lab.run();
    await runBoth({ open: (folder) => new BuggyStore(folder) });
    // What cannot be listed has no log that could be told from another's.
    const lines = readFileSync(lab.folder('runs.jsonl'), 'utf8').trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(existsSync(join(lab.row.destination, 'next', 'runs.jsonl'))).toBe(true);
  });
});

describe('a row for which there is no room', () => {
  it.each([
    [
      'on the disk of its destination',
      storeError('write', '/x', Object.assign(new Error('full'), { code: 'ENOSPC' })),
      'prune data',
    ],
    ['elsewhere', new SnapshotError('E_SPACE', 'full', { hint: 'Make room there.' }), 'Make room there.'],
  ])('%s is told what makes some', async (_, error, hint) => {
    const [end] = await runBoth({
      open: firstOnly(() => {
        throw error;
      }),
    });
    expect(end?.error).toMatchObject({ code: 'E_SPACE', hint: expect.stringContaining(hint) as string });
  });
});
