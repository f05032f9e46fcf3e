import { describe, expect, it } from 'vitest';
import { SnapshotError } from '../base/errors.ts';
import { type NewTask, type Task, Tasks } from './tasks.ts';

const NEW: NewTask = { kind: 'run', row: 'r', title: 'Run', command: 'snapshot run', dryRun: false };
const DONE = { said: 'done', status: 0, counts: {} };

async function ended(tasks: Tasks, id: number): Promise<Task> {
  return await new Promise((resolve) => {
    const stop = tasks.listen((task) => {
      if (task.id !== id || task.ended === null) return;
      stop();
      resolve(task);
    });
  });
}

describe('Tasks', () => {
  it('says how one ended that was refused, failed or was stopped', async () => {
    const tasks = new Tasks();
    const refused = tasks.start(
      NEW,
      async () => await Promise.reject(new SnapshotError('E_LOCKED', 'Locked', { hint: 'Wait' })),
    );
    expect(await ended(tasks, refused)).toMatchObject({
      said: 'failed',
      error: { message: 'Locked', hint: 'Wait' },
    });
    const stopped = tasks.start(NEW, async (_, signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw signal.reason;
    });
    const end = ended(tasks, stopped);
    expect(tasks.stop(stopped)).toBe(true);
    expect(await end).toMatchObject({ status: 130, said: 'stopped' });
    expect(tasks.stop(stopped)).toBe(false);
    expect(tasks.working).toBe(0);
  });

  it('keeps some problems of thousands, and counts all', async () => {
    const tasks = new Tasks();
    const id = tasks.start(NEW, async ({ problem }) => {
      await Promise.resolve();
      for (let i = 0; i < 3000; i++) problem(`${i}`);
      return DONE;
    });
    expect(await ended(tasks, id)).toMatchObject({ problemCount: 3000, problems: { length: 20 } });
  });

  it('remembers the newest of those that have ended', async () => {
    const tasks = new Tasks();
    for (let i = 0; i < 40; i++)
      await ended(
        tasks,
        tasks.start(NEW, async () => await Promise.resolve(DONE)),
      );
    expect(tasks.all.length).toBeLessThanOrEqual(31);
    expect(tasks.all.at(-1)?.id).toBe(40);
  });

  it('stops and waits for what is at work when it closes', async () => {
    const tasks = new Tasks();
    let isOver = false;
    tasks.start(NEW, async (_, signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await new Promise((resolve) => setImmediate(resolve));
      isOver = true;
      return DONE;
    });
    await tasks.close();
    expect(isOver).toBe(true);
  });

  it('stops what begins while it closes, too', async () => {
    const tasks = new Tasks();
    let wasStopped: boolean | undefined;
    tasks.start(NEW, async (_, signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      tasks.start(NEW, async (_report, other) => {
        await new Promise((resolve) => setImmediate(resolve));
        wasStopped = other.aborted;
        return DONE;
      });
      return DONE;
    });
    await tasks.close();
    expect([wasStopped, tasks.working]).toEqual([true, 0]);
  });

  it('is told at once of another phase, and of no progress once it has ended', async () => {
    const tasks = new Tasks();
    const phases: (string | undefined)[] = [];
    tasks.listen(({ progress }) => phases.push(progress?.phase));
    const at = { event: 'progress', row: 'r', files: 0, bytes: 0, totalFiles: 0, totalBytes: 0 } as const;
    const id = tasks.start(NEW, async ({ progress }) => {
      for (const phase of ['scan', 'scan', 'pack', 'pack'] as const) progress({ ...at, phase });
      return await Promise.resolve(DONE);
    });
    expect(await ended(tasks, id)).toMatchObject({ progress: null });
    expect(phases).toEqual([undefined, 'scan', 'pack', undefined]);
  });

  it('says of a failure that is none of a stop what it was, also when it was stopped', async () => {
    const tasks = new Tasks();
    const id = tasks.start(NEW, async (_, signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw new SnapshotError('E_STORE', 'The disk is full');
    });
    const end = ended(tasks, id);
    tasks.stop(id);
    expect(await end).toMatchObject({ status: 1, error: { message: 'The disk is full' } });
  });
});
