// Keeps the threads of one run for the next ones: in a small series, starting them is most of the work.
import { syncBuiltinESMExports } from 'node:module';
import threads, { type Worker } from 'node:worker_threads';

/** What a thread says at the end of a task. */
const ANSWERS = ['result', 'error', 'chunk'];

/** Threads without work, by the file that they run. */
const idle = new Map<string, Worker[]>();

/** From now on, a thread that is ended goes on to the next one who starts its file; unless it is at work. */
export function keepThreads(): void {
  const { Worker: Starting } = threads;
  threads.Worker = new Proxy(Starting, {
    construct: (_, [file, options]: ConstructorParameters<typeof Worker>) => {
      const known = idle.get(String(file))?.pop();
      known?.ref();
      return known ?? lasting(new Starting(file, options), String(file));
    },
  });
  syncBuiltinESMExports();
}

function lasting(worker: Worker, file: string): Worker {
  let tasks = 0;
  const post = worker.postMessage.bind(worker) as (...args: readonly unknown[]) => void;
  const end = worker.terminate.bind(worker);
  let isOfPool = false;
  const count = (message: unknown): void => {
    if (typeof message !== 'object' || message === null) return;
    if (!ANSWERS.some((answer) => answer in message)) return;
    isOfPool = true;
    tasks--;
  };
  worker.on('message', count);
  return Object.assign(worker, {
    postMessage: (...args: readonly unknown[]): void => {
      tasks++;
      post(...args);
    },
    terminate: async (): Promise<number> => {
      // One that works by itself, as that of the fuzz campaign, hangs when it is ended. What watches goes on watching.
      if (!isOfPool) return await end();
      // By name: Node has listeners of its own there.
      for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event);
      if (tasks > 0) return await end();
      worker.on('message', count);
      worker.unref();
      idle.set(file, [...(idle.get(file) ?? []), worker]);
      return 0;
    },
  });
}
