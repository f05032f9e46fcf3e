// What a thread is not to be ended in the middle of. Node makes a zlib object in two steps, and a thread that is ended
// between them takes the whole process with it: `Assertion failed: init_done_ && "close before init"`, src/node_zlib.cc.
import { setTimeout as wait } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';

const [FREE, AT_WORK, ENDING] = [0, 1, 2];
const POLL_MS = 1;

/** What a thread and the one that ends it share: one of the above. */
export interface Uncut {
  readonly uncut: Int32Array;
}

/** For the `workerData` of a thread that {@link whenFree} is to wait for. */
export function newUncut(): Uncut {
  return { uncut: new Int32Array(new SharedArrayBuffer(4)) };
}

// A thread that somebody else starts has none, and the main thread is never ended.
const own = (workerData as Partial<Uncut> | null)?.uncut;

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

/** Resolves when the thread with `state` is in no such work, and will begin none; or when it has ended by itself. */
export async function whenFree({ uncut: state }: Uncut, hasEnded: () => boolean): Promise<void> {
  while (Atomics.compareExchange(state, 0, FREE, ENDING) === AT_WORK && !hasEnded()) await wait(POLL_MS);
}
