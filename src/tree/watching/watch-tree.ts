// Tells where in a tree something may have changed.
import { Worker } from 'node:worker_threads';
import { type BytePath, comparePaths } from '../path.ts';
import type { FromWatcher, Polled, ToWatcher, WatchOrder } from './messages.ts';

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

/**
 * Watches all folders below `root`. Whatever changes after this has returned is told; what is there before, the caller
 * looks at by itself. A root that is not there is waited for.
 *
 * @throws The reason of the signal when it is aborted meanwhile.
 */
export async function watchTree(root: string, options: WatchOptions): Promise<TreeWatcher> {
  options.signal.throwIfAborted();
  const watcher = new ThreadedWatcher(root, options);
  await watcher.ready;
  return watcher;
}

// The test runner reads the sources; threads need what the compiler made of them.
const FILE = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/tree/watching/watch-worker.js' : './watch-worker.js',
  import.meta.url,
);

/** Room for garbage, in MB: events make little of it. */
const YOUNG_MB = 2;

class ThreadedWatcher implements TreeWatcher {
  readonly #worker: Worker;
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
  #wake: (() => void) | undefined;

  constructor(root: string, options: WatchOptions) {
    const { signal, isLeftOut, pollMs = 60_000, quietMs = 500, mostMs = 10_000 } = options;
    const isNative = options.isNative ?? (process.platform === 'win32' || process.platform === 'darwin');
    const order: WatchOrder = { root, asks: isLeftOut !== undefined, isNative, pollMs, quietMs, mostMs };
    this.#isLeftOut = isLeftOut ?? (() => false);
    this.#signal = signal;
    this.#worker = new Worker(FILE, {
      workerData: order,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    this.ready = new Promise((resolve, reject) => {
      this.#isReady = { resolve, reject };
    });
    this.#worker.on('message', (message: FromWatcher) => this.#hear(message));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', (code) => this.#fail(new Error(`the watcher ended with status ${code}`)));
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
    await this.#worker.terminate();
  }

  #hear(message: FromWatcher): void {
    if (message.kind === 'ask') {
      this.#answer(message.folders);
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

  #answer(folders: readonly BytePath[]): void {
    try {
      const leftOut = new Set(folders.filter((folder) => this.#isLeftOut(folder)));
      this.#worker.postMessage({ leftOut } satisfies ToWatcher);
    } catch (error) {
      this.#fail(error);
      void this.#worker.terminate();
    }
  }

  #fail(error: unknown): void {
    this.#finish({ error });
    this.#isReady?.reject(error);
  }

  /** The first end counts. */
  #finish(end: { readonly error: unknown } | 'stopped'): void {
    this.#end ??= end;
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#wake?.();
  }
}
