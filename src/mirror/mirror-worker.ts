// The thread that looks at a mirror and changes it: one task after the other.
import { parentPort } from 'node:worker_threads';
import { clearParts, listMirror } from './listing.ts';
import { place } from './placing.ts';
import type { Results, Task } from './thread.ts';

function doTask(task: Task): Results[Task['kind']] {
  if (task.kind === 'place') return place(task.steps, task.place);
  if (task.clears) clearParts(task.root);
  return listMirror(task.root, task.clears);
}

parentPort?.on('message', (task: Task) => {
  try {
    parentPort?.postMessage({ result: doTask(task) });
  } catch (error) {
    parentPort?.postMessage({ error });
  }
});
