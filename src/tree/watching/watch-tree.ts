// Tells where in a tree something may have changed.
import { setMaxListeners } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type BytePath, comparePaths } from '../path.ts';
import type { FromWatcher, OfTree, Polled, ToWatcher, WatchOrder } from './messages.ts';

/** What may have changed. It is a hint where to look, never what there is to see. */
export interface TreeChanges {
  /** Folders in which something may have changed, from the root on ('' is the root), each once, in path order. */
  readonly folders: readonly BytePath[];
  /** Why everything has to be looked at; undefined: only those folders. */
  readonly whole: string | undefined;
}

/** Watches a tree. */
export interface TreeWatcher {
  /**
   * Waits until something may have changed and has come to rest. What happens while nobody waits is kept for the next
   * call. One call at a time.
   *
   * Everything is to be looked at (`whole`) when events were lost, each hour, when the clock jumped, when the root is
   * gone, back or another folder, and each minute where there are no events at all.
   *
   * @returns Undefined when the watcher was stopped.
   * @throws What the watcher failed of; it does not go on then.
   */
  next(): Promise<TreeChanges | undefined>;
  /**
   * Folders that cannot be watched, and why. They are listed again each minute, and told in {@link next} as changed.
   * Folders without events that are the root stand here as well.
   */
  readonly polled: ReadonlyMap<BytePath, string>;
  /** Ends all watches. It is also what aborting the signal does. */
  stop(): Promise<void>;
}

/** How to watch. */
export interface WatchOptions {
  readonly signal: AbortSignal;
  /** Folders that are not watched, with all that they hold. Asked again whenever the folder above it is listed. */
  readonly isLeftOut?: (folder: BytePath) => boolean;
  /** For tests. */
  readonly pollMs?: number;
  /** So long nothing may happen until it is told. For tests. */
  readonly quietMs?: number;
  /** After so long it is told in any case. For tests. */
  readonly mostMs?: number;
  /** The system watches the tree as one. For tests. */
  readonly isNative?: boolean;
}

// The test runner reads the sources; threads need what the compiler made of them.
const FILE = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/tree/watching/watch-worker.js' : './watch-worker.js',
  import.meta.url,
);

/** Room for garbage, in MB: events make little of it. */
const YOUNG_MB = 2;

/**
 * Watches all folders below `root`, in a thread of its own: a root on a server that does not answer holds up nobody else. Whatever
 * changes after this has returned is told; what is there before, the caller looks at by itself. A root that is not there is waited for.
 *
 * @throws The reason of the signal when it is aborted meanwhile.
 */
export async function watchTree(root: string, options: WatchOptions): Promise<TreeWatcher> {
  return await new WatchThread().watch(root, options);
}

/** Watches several trees in one thread, which is there as long as one of them is watched: a thread takes 10 MB, and a queue of the system. */
export class WatchThread {
  #running: Running | undefined;
  #last = 0;

  /** As {@link watchTree}. */
  async watch(root: string, options: WatchOptions): Promise<TreeWatcher> {
    const { signal, isLeftOut, pollMs = 60_000, quietMs = 500, mostMs = 10_000 } = options;
    signal.throwIfAborted();
    // Each tree listens to it.
    setMaxListeners(0, signal);
    const isNative = options.isNative ?? (process.platform === 'win32' || process.platform === 'darwin');
    const order: WatchOrder = { root, asks: isLeftOut !== undefined, isNative, pollMs, quietMs, mostMs };
    const id = ++this.#last;
    const running = (this.#running ??= this.#start());
    const tell = (message: ToWatcher): void => running.tell({ id, ...message });
    const watcher = new ThreadedWatcher(options, tell, async () => await this.#leave(running, id));
    running.watchers.set(id, watcher);
    tell({ kind: 'watch', order });
    await watcher.ready;
    return watcher;
  }

  #start(): Running {
    const running = new Running((error) => {
      if (this.#running === running) this.#running = undefined;
      for (const watcher of running.watchers.values()) watcher.fail(error);
    });
    return running;
  }

  async #leave(running: Running, id: number): Promise<void> {
    running.watchers.delete(id);
    if (running.watchers.size > 0) {
      await running.stopOne(id);
      return;
    }
    if (this.#running === running) this.#running = undefined;
    await running.end();
  }
}

/** A thread. */
class Running {
  readonly watchers = new Map<number, ThreadedWatcher>();
  readonly #worker: Worker;
  readonly #stopping = new Map<number, () => void>();

  /** @param onEnd - Told why it has ended. */
  constructor(onEnd: (error: unknown) => void) {
    const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MB };
    this.#worker = new Worker(FILE, { resourceLimits });
    this.#worker.on('message', ({ id, ...message }: OfTree<FromWatcher>) => {
      if (message.kind === 'stopped') this.#stopping.get(id)?.();
      else this.watchers.get(id)?.hear(message);
    });
    this.#worker.on('error', onEnd);
    this.#worker.on('exit', (code) => {
      for (const resolve of this.#stopping.values()) resolve();
      onEnd(new Error(`the watcher ended with status ${code}`));
    });
  }

  tell(message: OfTree<ToWatcher>): void {
    this.#worker.postMessage(message);
  }

  /** Resolves when nothing of that tree is watched any more. */
  async stopOne(id: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#stopping.set(id, resolve);
      this.tell({ id, kind: 'stop' });
    });
    this.#stopping.delete(id);
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

class ThreadedWatcher implements TreeWatcher {
  readonly #tell: (message: ToWatcher) => void;
  readonly #leave: () => Promise<void>;
  readonly #isLeftOut: (folder: BytePath) => boolean;
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => void this.stop();
  /** When everything is watched. */
  readonly ready: Promise<void>;
  #isReady: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  #polled: Polled = new Map();
  readonly #folders = new Set<BytePath>();
  #whole: string | undefined;
  #end: { readonly error: unknown } | 'stopped' | undefined;
  #left: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  /** @param tell - Says something to its thread. @param leave - Ends its watches there. */
  constructor(
    { signal, isLeftOut }: WatchOptions,
    tell: (message: ToWatcher) => void,
    leave: () => Promise<void>,
  ) {
    this.#tell = tell;
    this.#leave = leave;
    this.#isLeftOut = isLeftOut ?? (() => false);
    this.#signal = signal;
    this.ready = new Promise((resolve, reject) => {
      this.#isReady = { resolve, reject };
    });
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  get polled(): Polled {
    return this.#polled;
  }

  async next(): Promise<TreeChanges | undefined> {
    if (this.#wake !== undefined) throw new Error('one call of next() at a time');
    while (this.#end === undefined && this.#folders.size === 0 && this.#whole === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    if (this.#end === 'stopped') return undefined;
    if (this.#end !== undefined) throw this.#end.error;
    const changes = { folders: [...this.#folders].toSorted(comparePaths), whole: this.#whole };
    this.#folders.clear();
    this.#whole = undefined;
    return changes;
  }

  async stop(): Promise<void> {
    this.#finish('stopped');
    this.#isReady?.reject(this.#signal.reason);
    this.#left ??= this.#leave();
    await this.#left;
  }

  hear(message: Exclude<FromWatcher, { readonly kind: 'stopped' }>): void {
    if (message.kind === 'ask') {
      this.#answer(message.folders);
      return;
    }
    if (message.kind === 'failed') {
      this.fail(message.error);
      return;
    }
    this.#polled = message.polled;
    if (message.kind === 'ready') {
      this.#isReady?.resolve();
      return;
    }
    for (const folder of message.folders) this.#folders.add(folder);
    this.#whole ??= message.whole;
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#finish({ error });
    this.#isReady?.reject(error);
    this.#left ??= this.#leave();
  }

  #answer(folders: readonly BytePath[]): void {
    try {
      const leftOut = new Set(folders.filter((folder) => this.#isLeftOut(folder)));
      this.#tell({ kind: 'leftOut', leftOut });
    } catch (error) {
      this.fail(error);
    }
  }

  /** The first end counts. */
  #finish(end: { readonly error: unknown } | 'stopped'): void {
    this.#end ??= end;
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#wake?.();
  }
}
