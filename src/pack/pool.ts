import { ThreadPool } from '../base/thread-pool.ts';
import type { Results, Task } from './tasks.ts';

// The test runner reads the sources; workers need what the compiler made of them.
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/pack/pack-worker.js' : './pack-worker.js',
  import.meta.url,
);

/** Threads that read, hash and compress; shared by all rows of a run. */
export class WorkerPool extends ThreadPool<Task, Results> {
  /** @param size - How many threads at most; by default, one for each processor. */
  constructor(size?: number) {
    super(WORKER, size);
  }
}
