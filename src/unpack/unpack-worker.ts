// A thread of the pool: one task after the other.
import { parentPort } from 'node:worker_threads';
import { doTask } from './do-task.ts';
import type { Task } from './tasks.ts';

parentPort?.on('message', (task: Task) => {
  void doTask(task).then(
    (result) => parentPort?.postMessage({ result }),
    (error: unknown) => parentPort?.postMessage({ error }),
  );
});
