import { ThreadPool } from '../base/thread-pool.ts';
import type { Results, Task } from './tasks.ts';

// The test runner reads the sources; workers need what the compiler made of them.
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/unpack/unpack-worker.js' : './unpack-worker.js',
  import.meta.url,
);

/** Threads that decompress, verify and write. */
export class UnpackPool extends ThreadPool<Task, Results> {
  /** @param size - How many threads at most; by default, one for each processor. */
  constructor(size?: number) {
    super(WORKER, size);
  }
}
