import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Problem } from './entry.ts';
import type { EntryTable } from './entry-table.ts';
import { rootOf, type ScanTask, startScan } from './scan.ts';
import type { ScanReply } from './scan-worker.ts';

/** A source as one scan saw it. */
export interface Tree {
  /** What the paths of `entries` are relative to: the source, or its folder when it is a file. */
  readonly root: string;
  readonly entries: EntryTable;
  readonly problems: readonly Problem[];
}

// The test runner reads the sources; workers need what the compiler made of them.
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/tree/scan-worker.js' : './scan-worker.js',
  import.meta.url,
);

/** More threads than this only wait for the disk. */
const MAX_THREADS = 4;

/** So many names of one folder go to a thread at once; it hands back what it does not get to. */
const MAX_NAMES = 8192;

/**
 * Scans `source` in threads of its own.
 *
 * @param exclude - Patterns in gitignore syntax, relative to `source`.
 * @param entries - Grows as the scan goes on, in path order.
 * @param grown - Called each time it has.
 * @throws {@link SnapshotError} `E_ROW` when the source cannot be read; the reason of `signal` when aborted.
 */
export async function scanTree(
  source: string,
  exclude: readonly string[],
  signal: AbortSignal,
  entries: EntryTable,
  grown: () => void,
): Promise<Tree> {
  signal.throwIfAborted();
  const { entry, task } = startScan(source, exclude);
  entries.push(entry);
  const problems: Problem[] = [];
  if (task !== undefined) {
    const scanner = new Scanner(source, ({ chunk, problems: found }) => {
      entries.append(chunk);
      problems.push(...found);
      grown();
    });
    await scanner.run(task, signal);
  }
  return { root: rootOf(source, task === undefined), entries, problems };
}

/** A stretch of the tree, in path order: to do, being done, or done. */
type Stretch =
  | { state: 'waiting'; task: ScanTask }
  | { state: 'running' }
  | { state: 'done'; reply: ScanReply };

/** Spreads a scan over threads and brings the results back into path order. */
class Scanner {
  readonly #source: string;
  readonly #take: (reply: ScanReply) => void;
  readonly #threads = Math.max(1, Math.min(MAX_THREADS, Math.floor(availableParallelism() / 2)));
  readonly #workers: Worker[] = [];
  readonly #idle: Worker[] = [];
  /** What is not yet handed on; the first one is what comes next in path order. */
  #stretches: Stretch[] = [];
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};

  /** @param take - Gets the results, in path order. */
  constructor(source: string, take: (reply: ScanReply) => void) {
    this.#source = source;
    this.#take = take;
  }

  async run(task: ScanTask, signal: AbortSignal): Promise<void> {
    const abort = (): void => this.#reject(signal.reason);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#resolve = resolve;
        this.#reject = reject;
        signal.addEventListener('abort', abort, { once: true });
        this.#stretches = [{ state: 'waiting', task }];
        this.#dispatch();
      });
    } finally {
      signal.removeEventListener('abort', abort);
      await Promise.all(this.#workers.map(async (worker) => await worker.terminate()));
    }
  }

  #dispatch(): void {
    for (;;) {
      const at = this.#stretches.findIndex(({ state }) => state === 'waiting');
      const stretch = this.#stretches[at];
      if (stretch?.state !== 'waiting') return;
      const worker = this.#idle.pop() ?? this.#start();
      if (worker === undefined) return;
      const [now, later] = this.#split(stretch.task);
      const running: Stretch = { state: 'running' };
      this.#stretches.splice(
        at,
        1,
        running,
        ...(later === undefined ? [] : [{ state: 'waiting', task: later } as const]),
      );
      worker.removeAllListeners('message');
      worker.on('message', (reply: ScanReply) => this.#finish(worker, running, reply));
      worker.postMessage(now);
    }
  }

  /** What one thread gets, and what stays for others: half of it, when there are others without work. */
  #split(task: ScanTask): [ScanTask, ScanTask | undefined] {
    const { names } = task;
    const free = this.#idle.length + this.#threads - this.#workers.length;
    const waiting = this.#stretches.filter(({ state }) => state === 'waiting').length - 1;
    const isWanted = this.#workers.length > 1 && free > waiting;
    const count = Math.min(MAX_NAMES, isWanted ? Math.ceil(names.length / 2) : names.length);
    if (count === names.length) return [task, undefined];
    return [
      { ...task, names: names.slice(0, count) },
      { ...task, names: names.slice(count) },
    ];
  }

  #finish(worker: Worker, running: Stretch, reply: ScanReply): void {
    this.#idle.push(worker);
    const rest = reply.rest.map((task) => ({ state: 'waiting', task }) as const);
    this.#stretches.splice(this.#stretches.indexOf(running), 1, { state: 'done', reply }, ...rest);
    try {
      this.#dispatch();
      for (let first = this.#stretches[0]; first?.state === 'done'; first = this.#stretches[0]) {
        this.#stretches.shift();
        this.#take(first.reply);
      }
      if (this.#stretches.length === 0) this.#resolve();
    } catch (error) {
      this.#reject(error);
    }
  }

  /** A further thread, while there may be one: small trees are done before a second one has started. */
  #start(): Worker | undefined {
    if (this.#workers.length >= this.#threads) return undefined;
    const worker = new Worker(WORKER, { workerData: this.#source });
    worker.on('error', (error) => this.#reject(error));
    worker.on('exit', () => this.#reject(new Error(`the scan of "${this.#source}" ended early`)));
    this.#workers.push(worker);
    return worker;
  }
}
