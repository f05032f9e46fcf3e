// Threads, and what they are not to be ended in the middle of. Node makes a zlib object in two steps, and a thread that is ended
// between them takes the whole process with it: `Assertion failed: init_done_ && "close before init"`, src/node_zlib.cc.
import { setTimeout as wait } from 'node:timers/promises';
import { Worker, workerData } from 'node:worker_threads';

const [FREE, AT_WORK, ENDING] = [0, 1, 2];
const POLL_MS = 1;

/**
 * What threads work with lies outside of V8's heap, and is given back only when it looks through its young objects: by
 * default once it has 48 MiB of them. A full verify takes a fifth of the memory less, in the same time.
 */
const YOUNG_MB = 6;

/** What a thread and the one that ends it share: one of the above. */
interface Shared {
  readonly uncut: Int32Array;
}

// A thread that somebody else starts has none, and the main thread is never ended.
const own = (workerData as Partial<Shared> | null)?.uncut;

const states = new WeakMap<Worker, Int32Array>();

/** Does `work`, which the end of this thread waits for: short work, and none that calls this again. */
export function uncut<T>(work: () => T): T {
  if (own === undefined) return work();
  // Once it is to be ended, it waits for that.
  if (Atomics.compareExchange(own, 0, FREE, AT_WORK) !== FREE) Atomics.wait(own, 0, ENDING);
  try {
    return work();
  } finally {
    Atomics.store(own, 0, FREE);
  }
}

/** Starts a thread that runs `file`, to be ended by {@link endThread}. */
export function startThread(file: URL): Worker {
  const state = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(file, {
    workerData: { uncut: state } satisfies Shared,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  // Where threads are kept for the next one, as in tests, it has had another from its start on.
  if (!states.has(worker)) states.set(worker, state);
  return worker;
}

/** Ends a thread, once it is in no such work. */
export async function endThread(worker: Worker): Promise<void> {
  const state = states.get(worker);
  // Node's number of a thread that is no more: it may have died in the middle of it.
  const isFree = (): boolean =>
    state === undefined ||
    worker.threadId === -1 ||
    Atomics.compareExchange(state, 0, FREE, ENDING) !== AT_WORK;
  while (!isFree()) await wait(POLL_MS);
  await worker.terminate();
  if (state !== undefined) Atomics.store(state, 0, FREE);
}
