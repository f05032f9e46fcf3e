import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { ThreadPool } from './thread-pool.ts';
import { endThread, startThread } from './uncut.ts';

const folder = mkdtempSync(join(tmpdir(), 'uncut-'));
afterAll(() => rmSync(folder, { recursive: true }));

// Threads run what the compiler made.
const compiled = JSON.stringify(new URL('../../dist/base/uncut.js', import.meta.url).href);
const GO_ON = 1;
const DONE = 2;

/** Says that it has begun, waits to be let go on, takes its time, and notes that it came to the end. */
const WORKER = `
import { parentPort } from 'node:worker_threads';
import { uncut } from ${compiled};
parentPort.on('message', ({ memory, isUncut }) => {
  const work = () => {
    parentPort.postMessage({ began: true });
    while (Atomics.load(memory, ${GO_ON}) === 0);
    for (let i = 0; i < 50_000_000; i++);
    Atomics.store(memory, ${DONE}, 1);
  };
  if (isUncut) uncut(work);
  else work();
  parentPort.postMessage({ result: 'done' });
});
`;

interface Task {
  readonly kind: 'work';
  readonly memory: Int32Array;
  readonly isUncut: boolean;
}

async function isDoneWhenEnded(isUncut: boolean): Promise<boolean> {
  const file = join(folder, 'worker.mjs');
  writeFileSync(file, WORKER);
  const memory = new Int32Array(new SharedArrayBuffer(12));
  const told = new EventEmitter();
  const say = (): boolean => told.emit('began');
  const pool = new ThreadPool<Task, { work: string }>(pathToFileURL(file), 1, say);
  const task = pool.run({ kind: 'work', memory, isUncut });
  await once(told, 'began');
  const closed = pool.close();
  Atomics.store(memory, GO_ON, 1);
  // It may have answered just before its end.
  await Promise.all([closed, task.catch(() => {})]);
  return Atomics.load(memory, DONE) === 1;
}

describe('uncut()', () => {
  it('is what the end of a thread waits for, and nothing else is', async () => {
    expect([await isDoneWhenEnded(true), await isDoneWhenEnded(false)]).toEqual([true, false]);
  });

  it('keeps nobody waiting for a thread that has ended in the middle of it', async () => {
    const file = join(folder, 'dies.mjs');
    writeFileSync(
      file,
      `import { uncut } from ${compiled};\nuncut(() => {\n  process.exit(3);\n  for (;;);\n});\n`,
    );
    const worker = startThread(pathToFileURL(file));
    await once(worker, 'exit');
    await endThread(worker);
    expect(worker.threadId).toBe(-1);
  });
});
