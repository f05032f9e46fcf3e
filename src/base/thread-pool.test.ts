import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { ThreadPool } from './thread-pool.ts';

type Task = { readonly kind: 'add'; readonly n: number } | { readonly kind: 'die' | 'wait' };

interface Results {
  readonly add: number;
  readonly die: never;
  readonly wait: never;
}

const WORKER = `
const { parentPort } = require('node:worker_threads');
parentPort.on('message', ({ kind, n }) => {
  if (kind === 'die') process.exit(7);
  if (kind === 'add') parentPort.postMessage(n < 0 ? { error: new Error('negative') } : { result: n + 1 });
});
`;

function openPool(): ThreadPool<Task, Results> {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-pool-'));
  writeFileSync(join(folder, 'worker.cjs'), WORKER);
  const pool = new ThreadPool<Task, Results>(pathToFileURL(join(folder, 'worker.cjs')), 1);
  onTestFinished(async () => {
    await pool.close();
    rmSync(folder, { recursive: true });
  });
  return pool;
}

it('a thread that dies takes its task with it, and those that wait for one are done by another', async () => {
  const pool = openPool();
  const [died, ...done] = await Promise.allSettled([
    pool.run({ kind: 'die' }),
    pool.run({ kind: 'add', n: 1 }),
    pool.run({ kind: 'add', n: -1 }),
    pool.run({ kind: 'add', n: 2 }),
  ]);
  expect(died).toMatchObject({ reason: { message: 'a worker ended with status 7' } });
  expect(done).toMatchObject([{ value: 2 }, { reason: { message: 'negative' } }, { value: 3 }]);
});

it('what is under way, waits, or comes too late is rejected when it is closed, with the reason', async () => {
  const pool = openPool();
  const tasks = [pool.run({ kind: 'wait' }), pool.run({ kind: 'add', n: 1 })];
  const ends = Promise.allSettled(tasks);
  await pool.close(new Error('stopped'));
  await pool.close(new Error('once more'));
  expect(await ends).toMatchObject([{ reason: { message: 'stopped' } }, { reason: { message: 'stopped' } }]);
  await expect(pool.run({ kind: 'add', n: 1 })).rejects.toThrow('stopped');
});
