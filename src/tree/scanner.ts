import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import type { Problem } from './entry.ts';
import type { EntryTable } from './entry-table.ts';
import type { Rules } from './exclude.ts';
import { type Mount, mountsBelow, mountsByDevice, readMounts } from './mounts.ts';
import { type BytePath, comparePaths } from './path.ts';
import { rootOf, type ScanStart, startScan } from './scan.ts';
import { takeScanThread } from './scan-thread.ts';
import type { ScanReply, ScanRequest } from './scan-worker.ts';
import type { ScanTask } from './walk.ts';

/** A source as one scan saw it. */
export interface Tree {
  /** What the paths of `entries` are relative to: the source, or its folder when it is a file. */
  readonly root: string;
  readonly entries: EntryTable;
  readonly problems: readonly Problem[];
  /** Those of each `.snapshotignore`. */
  readonly rules: readonly Rules[];
  /** The mounts among the entries, in path order; one at the empty path is the source itself. */
  readonly mounts: readonly Mount[];
  /** Folders on other file systems, of which nothing else is among the entries. */
  readonly outside: readonly BytePath[];
}

/** More threads than this only wait for the disk. */
const MAX_THREADS = 4;

/** So many names of one folder go to a thread at once; it hands back what it does not get to. */
const MAX_NAMES = 8192;

/**
 * Scans `source` in threads of its own.
 *
 * @param entries - Grows as the scan goes on, in path order.
 * @param grown - Called each time it has; never again once `signal` is aborted.
 * @param start - What {@link startScan} said of the source, where that was asked already.
 * @throws {@link SnapshotError} `E_ROW` when the source cannot be read; the reason of `signal` when aborted.
 */
export async function scanTree(
  source: string,
  signal: AbortSignal,
  entries: EntryTable,
  grown: () => void,
  start: ScanStart = startScan(source),
): Promise<Tree> {
  signal.throwIfAborted();
  const { entry, task, problems: first } = start;
  const rules = [...start.rules];
  entries.push(entry);
  const problems: Problem[] = [...first];
  const crossings: BytePath[] = [];
  const before = task === undefined ? undefined : readMounts();
  if (task !== undefined) {
    const scanner = new Scanner(source, ({ chunk, problems: found, crossings: crossed, rules: met }) => {
      // A thread is ended a moment later than it is told to: what it still says is of a scan that is over.
      if (signal.aborted) return;
      entries.append(chunk);
      for (const problem of found) problems.push(problem);
      crossings.push(...crossed);
      rules.push(...met);
      grown();
    });
    await scanner.run(task, signal);
  }
  const root = rootOf(source, task === undefined);
  if (task === undefined) return { root, entries, problems, rules, mounts: [], outside: [] };
  // A btrfs subvolume has a device of its own and is always there: where mounts are known, only they count.
  const all = mountsBelow(source, before, readMounts()) ?? mountsByDevice(source, crossings);
  const outside = task.limits.otherFileSystems ? crossings : [];
  const isIn = (path: BytePath): boolean => entries.find(path) !== undefined && !outside.includes(path);
  const mounts = all
    .filter(({ path }) => path === '' || isIn(path))
    .toSorted((a, b) => comparePaths(a.path, b.path));
  return { root, entries, problems, rules, mounts, outside };
}

/** A stretch of the tree, in path order: to do, being done, or done. */
type Stretch =
  | { state: 'waiting'; task: ScanTask }
  | { state: 'running' }
  | { state: 'done'; reply: ScanReply };

interface Thread {
  readonly worker: Worker;
  /** What it was given and has not answered yet, in order. */
  readonly running: Stretch[];
}

/** A thread has its next task before it has finished one, so that it never waits for the main thread. */
const TASKS_PER_THREAD = 2;

/** Spreads a scan over threads and brings the results back into path order. */
class Scanner {
  readonly #source: string;
  readonly #take: (reply: ScanReply) => void;
  readonly #maxThreads = Math.max(1, Math.min(MAX_THREADS, Math.floor(availableParallelism() / 2)));
  readonly #threads: Thread[] = [];
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
      await Promise.all(this.#threads.map(async ({ worker }) => await worker.terminate()));
    }
  }

  #dispatch(): void {
    for (;;) {
      const at = this.#stretches.findIndex(({ state }) => state === 'waiting');
      const stretch = this.#stretches[at];
      if (stretch?.state !== 'waiting') return;
      const thread = this.#freeThread();
      if (thread === undefined) return;
      const [now, later] = this.#split(stretch.task);
      const running: Stretch = { state: 'running' };
      const waiting = later === undefined ? [] : [{ state: 'waiting', task: later } as const];
      this.#stretches.splice(at, 1, running, ...waiting);
      thread.running.push(running);
      thread.worker.postMessage({ source: this.#source, task: now } satisfies ScanRequest);
    }
  }

  /** The one with the least to do; a further one when all have something and there may be more. */
  #freeThread(): Thread | undefined {
    const [least] = this.#threads.toSorted((a, b) => a.running.length - b.running.length);
    const isBusy = least === undefined || least.running.length > 0;
    if (isBusy && this.#threads.length < this.#maxThreads) return this.#start();
    return least !== undefined && least.running.length < TASKS_PER_THREAD ? least : undefined;
  }

  /** What one thread gets now, and what stays for later: half of it, as long as there is room for more tasks. */
  #split(task: ScanTask): [ScanTask, ScanTask | undefined] {
    const { names } = task;
    const running = this.#threads.reduce((sum, thread) => sum + thread.running.length, 0);
    const waiting = this.#stretches.filter(({ state }) => state === 'waiting').length;
    const hasRoom = this.#maxThreads * TASKS_PER_THREAD - running > waiting;
    const count = Math.min(MAX_NAMES, hasRoom ? Math.ceil(names.length / 2) : names.length);
    if (count === names.length) return [task, undefined];
    return [
      { ...task, names: names.slice(0, count) },
      { ...task, names: names.slice(count) },
    ];
  }

  #finish(thread: Thread, reply: ScanReply): void {
    const running = thread.running.shift();
    if (running === undefined) throw new Error('a scan thread answered what it was not asked');
    const rest = reply.rest.map((task) => ({ state: 'waiting', task }) as const);
    this.#stretches.splice(this.#stretches.indexOf(running), 1, { state: 'done', reply }, ...rest);
    this.#dispatch();
    for (let first = this.#stretches[0]; first?.state === 'done'; first = this.#stretches[0]) {
      this.#stretches.shift();
      this.#take(first.reply);
    }
    if (this.#stretches.length === 0) this.#resolve();
  }

  #start(): Thread {
    const worker = takeScanThread();
    const thread: Thread = { worker, running: [] };
    worker.on('message', (reply: ScanReply) => {
      try {
        this.#finish(thread, reply);
      } catch (error) {
        this.#reject(error);
      }
    });
    worker.on('error', (error) => this.#reject(error));
    worker.on('exit', () => this.#reject(new Error(`the scan of "${this.#source}" ended early`)));
    this.#threads.push(thread);
    return thread;
  }
}
