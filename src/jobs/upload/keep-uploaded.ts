// Uploads what comes, as it comes: the folder that a camera or a scanner writes to.
import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SnapshotError } from '../../base/errors.ts';
import { type TreeWatcher, WatchThread } from '../../tree/watching/watch-tree.ts';
import { type LocalFile, pathOf } from './local-files.ts';
import { upload, type UploadedFile, type UploadOptions, type UploadResult } from './upload.ts';

export interface KeepOptions extends Omit<UploadOptions, 'dryRun' | 'isSettled'> {
  /** Told of the first round, and of each in which something was sent, or something else than before could not be. */
  readonly told: (result: UploadResult, ms: number) => void;
  /** Told why a round failed, once for each reason. It is tried again. */
  readonly failed: (error: SnapshotError) => void;
}

/** One that failed is tried again after so long, each time twice as long, up to ten minutes. */
const RETRY_MS = 5000;
const LONGEST_RETRY_MS = 600_000;

/**
 * Uploads what is there, and then what is new or has changed, until `signal` is aborted. Nothing is removed there, whatever is removed here.
 *
 * @returns The exit status: 3 when some files that are here are not there.
 * @throws {@link SnapshotError} as {@link upload}, in the first round; later only what trying again cannot help.
 */
export async function keepUploaded(options: KeepOptions): Promise<number> {
  const changes = await Changes.open(options.paths, options.signal);
  try {
    return await rounds(options, changes);
  } finally {
    await changes.close();
  }
}

async function rounds(options: KeepOptions, changes: Changes): Promise<number> {
  const { signal } = options;
  const settled = new Settled(options.onFile);
  let isFirst = true;
  let last = '';
  let retryMs = RETRY_MS;
  let isListed = true;
  while (!signal.aborted) {
    try {
      const begun = performance.now();
      settled.begin();
      const result = await upload({
        ...options,
        dryRun: false,
        isSettled: (file) => settled.has(file),
        onFile: (file) => settled.add(file),
      });
      settled.forgetGone();
      // What could not be listed is told each time.
      isListed = result.problems.length === settled.failures;
      const problems = JSON.stringify(result.problems);
      const hasProblems = result.problems.length > 0 && problems !== last;
      if (isFirst || result.stored > 0 || hasProblems) options.told(result, performance.now() - begun);
      isFirst = false;
      last = problems;
      retryMs = RETRY_MS;
      if (await changes.next(undefined)) settled.tryAgain();
    } catch (error) {
      if (signal.aborted) break;
      if (!(error instanceof SnapshotError) || isFirst || error.code === 'E_AUTH') throw error;
      if (last !== error.message) options.failed(error);
      last = error.message;
      if (await changes.next(retryMs)) settled.tryAgain();
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
    }
  }
  return settled.isBehind || !isListed ? 3 : 0;
}

/** Files that need no look until they change. */
class Settled {
  readonly #tell: (file: UploadedFile) => void;
  /** How they were when they were listed, by path. */
  readonly #listed = new Map<string, string>();
  readonly #there = new Map<string, string>();
  readonly #failed = new Map<string, string>();
  /** Of this round. */
  failures = 0;

  constructor(tell: (file: UploadedFile) => void) {
    this.#tell = tell;
  }

  /** A round begins, in which each file that is there is asked for. */
  begin(): void {
    this.#listed.clear();
    this.failures = 0;
  }

  /** What was not asked for in this round is not there any more: nobody misses it there. */
  forgetGone(): void {
    for (const known of [this.#there, this.#failed])
      for (const path of known.keys()) if (!this.#listed.has(path)) known.delete(path);
  }

  has(file: LocalFile): boolean {
    const path = pathOf(file);
    this.#listed.set(path, file.stamp);
    return this.#there.get(path) === file.stamp || this.#failed.get(path) === file.stamp;
  }

  add(file: UploadedFile): void {
    const stamp = this.#listed.get(file.path) ?? '';
    this.#failed.delete(file.path);
    if (file.status === 'failed') this.failures += 1;
    (file.status === 'failed' ? this.#failed : this.#there).set(file.path, stamp);
    this.#tell(file);
  }

  /** What failed is not settled any more. */
  tryAgain(): void {
    for (const path of this.#failed.keys()) this.#failed.set(path, '');
  }

  /** Whether some that are here are not there: they failed, or their round did not come to them. */
  get isBehind(): boolean {
    return (
      this.#failed.size > 0 || [...this.#listed].some(([path, stamp]) => this.#there.get(path) !== stamp)
    );
  }
}

/** Waits for something to change in any of several places. */
class Changes {
  readonly #signal: AbortSignal;
  readonly #watchers: readonly TreeWatcher[];
  readonly #waiting = new Map<TreeWatcher, Promise<void>>();
  #isWhole = false;

  private constructor(watchers: readonly TreeWatcher[], signal: AbortSignal) {
    this.#watchers = watchers;
    this.#signal = signal;
  }

  static async open(paths: readonly string[], signal: AbortSignal): Promise<Changes> {
    const folders = new Set(paths.map((path) => (isFile(path) ? dirname(resolve(path)) : resolve(path))));
    const thread = new WatchThread();
    const watchers = [...folders].map(async (folder) => await thread.watch(folder, { signal }));
    return new Changes(await Promise.all(watchers), signal);
  }

  /**
   * Resolves when something may have changed, after `mostMs`, or when the signal is aborted.
   *
   * @returns Whether everything is to be looked at, which is so each hour.
   */
  async next(mostMs: number | undefined): Promise<boolean> {
    const enough = new AbortController();
    const pauses =
      mostMs === undefined
        ? []
        : [
            delay(mostMs, undefined, { signal: AbortSignal.any([enough.signal, this.#signal]) }).catch(
              () => {},
            ),
          ];
    try {
      await Promise.race([...this.#watchers.map(async (watcher) => await this.#of(watcher)), ...pauses]);
    } finally {
      enough.abort();
    }
    const isWhole = this.#isWhole;
    this.#isWhole = false;
    return isWhole;
  }

  async close(): Promise<void> {
    await Promise.all(this.#watchers.map(async (watcher) => await watcher.stop()));
  }

  /** One call to each watcher at a time. */
  async #of(watcher: TreeWatcher): Promise<void> {
    const waiting = this.#waiting.get(watcher) ?? this.#changed(watcher);
    this.#waiting.set(watcher, waiting);
    await waiting;
    this.#waiting.delete(watcher);
  }

  async #changed(watcher: TreeWatcher): Promise<void> {
    const changes = await watcher.next();
    if (changes?.whole !== undefined) this.#isWhole = true;
  }
}

/** What is not there is a folder that comes, or is refused by who lists it. */
function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
