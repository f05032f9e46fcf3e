import { ThreadPool } from '../base/thread-pool.ts';
import type { There } from './held.ts';
import type { Place } from './placing.ts';
import type { Step, StepEnd } from './steps.ts';

export type Task =
  /** What there is in a mirror. @param clears - What was left of copies that were cut short is removed. */
  | { readonly kind: 'list'; readonly root: string; readonly clears: boolean }
  | { readonly kind: 'place'; readonly place: Place; readonly steps: readonly Step[] };

export interface Results {
  readonly list: readonly There[];
  readonly place: readonly StepEnd[];
}

// The test runner reads the sources; workers need what the compiler made of them.
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/mirror/mirror-worker.js' : './mirror-worker.js',
  import.meta.url,
);

/** The one thread that writes to a mirror, step by step. */
export class MirrorThread extends ThreadPool<Task, Results> {
  constructor() {
    super(WORKER, 1);
  }
}
