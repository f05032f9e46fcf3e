// Waits for changes of a pair: by events on a side of this machine, by listing one on a server.
import { setTimeout as delay } from 'node:timers/promises';
import { isAsListed, type Item, type Past, type SideName } from '../../sync/item.ts';
import { LocalSide } from '../../sync/local-side.ts';
import { isPairData } from '../../sync/nested.ts';
import { isOwnPath } from '../../sync/own-paths.ts';
import { PastFile } from '../../sync/past-file.ts';
import { isPart, type Side, SideError } from '../../sync/side.ts';
import type { BytePath } from '../../tree/path.ts';
import { matching } from '../../tree/left-out.ts';
import { type TreeChanges, type TreeWatcher, watchTree } from '../../tree/watching/watch-tree.ts';
import { openPair } from './pair.ts';

const BOTH: readonly SideName[] = ['here', 'there'];

export interface PairWatchOptions {
  /** In the syntax of .gitignore. */
  readonly exclude: readonly string[];
  /** A side on a server is listed so often, in milliseconds. */
  readonly pollMs: number;
  readonly signal: AbortSignal;
  readonly warn: (message: string) => void;
}

/** Waits for changes of both sides. */
export class PairWatch {
  readonly #sides: Readonly<Record<SideName, Side>>;
  readonly #watchers: Readonly<Partial<Record<SideName, TreeWatcher>>>;
  readonly #options: PairWatchOptions;
  readonly #ending = new AbortController();
  /** Changes that somebody waits for; those of the other side came first. */
  readonly #pending = new Map<SideName, Promise<TreeChanges | undefined>>();
  /** What a side on a server held when it was last listed. */
  readonly #listed = new Map<SideName, string>();
  /** What the root of a side held before the last sync. */
  readonly #roots = new Map<SideName, string>();

  private constructor(
    sides: Readonly<Record<SideName, Side>>,
    watchers: Readonly<Partial<Record<SideName, TreeWatcher>>>,
    options: PairWatchOptions,
  ) {
    this.#sides = sides;
    this.#watchers = watchers;
    this.#options = options;
  }

  static async open(here: string, there: string, options: PairWatchOptions): Promise<PairWatch> {
    const sides = await openPair(here, there);
    const watchers: Partial<Record<SideName, TreeWatcher>> = {};
    const watch = new PairWatch(sides, watchers, options);
    try {
      for (const side of BOTH) {
        const { signal } = options;
        const own = sides[side];
        if (own instanceof LocalSide)
          watchers[side] = await watchTree(own.address, { signal, isLeftOut: isPairData });
      }
      return watch;
    } catch (error) {
      await watch.close();
      throw error;
    }
  }

  /** A sync begins: what it does to a root itself, with its lock, is no change. */
  async begin(): Promise<void> {
    for (const side of BOTH)
      if (this.#watchers[side] !== undefined) this.#roots.set(side, await rootOf(this.#sides[side]));
  }

  /** @returns When something is not as both agreed; false: it was stopped. @throws What ends the connection to a server. */
  async changed(): Promise<boolean> {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, this.#ending.signal, this.#options.signal]);
    const waits = BOTH.map(async (side) => {
      const watcher = this.#watchers[side];
      return watcher === undefined ? await this.#poll(side, signal) : await this.#hear(side, watcher, signal);
    });
    try {
      return await Promise.race(waits);
    } finally {
      over.abort();
      for (const wait of waits) wait.catch(() => {}); // The first one counts.
    }
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await Promise.all(Object.values(this.#watchers).map(async (watcher) => await watcher.stop()));
    await Promise.all([this.#sides.here.close(), this.#sides.there.close()]);
  }

  async #hear(side: SideName, watcher: TreeWatcher, signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      const pending = this.#pending.get(side) ?? watcher.next();
      this.#pending.set(side, pending);
      const changes = await pending;
      // Who waits now gets it.
      if (signal.aborted) return false;
      this.#pending.delete(side);
      if (changes === undefined) return false;
      if (changes.whole !== undefined) return true;
      if (changes.folders.some((folder) => folder !== '')) return true;
      if ((await rootOf(this.#sides[side])) !== this.#roots.get(side)) return true;
    }
    return false;
  }

  async #poll(side: SideName, signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      await delay(this.#options.pollMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) break;
      const { items } = await this.#sides[side].walk(matching(this.#options.exclude), signal);
      const listed = JSON.stringify([...items]);
      const before = this.#listed.get(side);
      this.#listed.set(side, listed);
      // What cannot be synced differs from what both agreed on for good: it is looked at again when it changes.
      if (listed === before) continue;
      const past = await this.#past();
      if (before !== undefined || items.size !== past.size) return true;
      for (const [path, item] of items) if (!isKnown(item, side, path, past)) return true;
    }
    return false;
  }

  async #past(): Promise<Past> {
    const { here, there } = this.#sides;
    return (await new PastFile([here.address, there.address]).read(this.#options.warn)).past;
  }
}

/** What a root holds, without what a sync makes there for itself. */
async function rootOf(side: Side): Promise<string> {
  const names = await side.names('' as BytePath);
  const items = names
    .filter((name) => !isOwnPath(name) && !isPart(name))
    .toSorted()
    .map(async (name) => JSON.stringify([name, await side.look(name).catch(ifUnknown)]));
  return (await Promise.all(items)).join('\n');
}

function ifUnknown(error: unknown): undefined {
  if (!(error instanceof SideError)) throw error;
  return undefined;
}

function isKnown(item: Item, side: SideName, path: BytePath, past: Past): boolean {
  const agreed = past.get(path);
  return agreed !== undefined && isAsListed(item, agreed[side]) && item.mode === agreed[side].mode;
}
