// A watch for each folder of a tree, for systems that cannot watch a tree as one.
//
// A watch of Linux follows the folder, not its path. So a folder that came to another path, or whose path leads to another
// folder, is let go of and watched anew, with all that it holds; which ones these are, the listing of the folders above tells.
import { type FSWatcher, watch } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { reasonOf, systemCode } from '../../base/errors.ts';
import { type BytePath, fromBytes, join, systemPath } from '../path.ts';
import type { EventQueue } from './event-queue.ts';
import { isEventless, NO_EVENTS } from './eventless.ts';
import { type FolderId, identify, isSame, subfoldersOf } from './folder-id.ts';
import type { Polled } from './messages.ts';
import type { Listener, Watches } from './watches.ts';

const TOP = '' as BytePath;

/** So many folders are worked on before events that came meanwhile are read: their queue must not run over. */
const AT_ONCE = 100;

/** A folder changes its place while its watch is opened; so often it is tried again. */
const TRIES = 3;

/** A folder of the tree. Its path is that of those above it and its name. */
interface Folder {
  readonly parent: Folder | undefined;
  readonly path: BytePath;
  readonly id: FolderId;
  readonly children: Map<BytePath, Folder>;
  watcher: FSWatcher | undefined;
  /** Why it is not watched. */
  why: string | undefined;
  /** It is no part of the tree any more. */
  isGone: boolean;
}

/** A folder that was found and is not watched yet. */
interface Found {
  readonly parent: Folder;
  readonly name: BytePath;
  readonly path: BytePath;
}

export class FolderWatches implements Watches {
  readonly #root: string;
  readonly #listener: Listener;
  readonly #queue: EventQueue;
  readonly #unlisten: () => void;
  #top: Folder | undefined;
  #isClosed = false;
  readonly #dirty = new Set<Folder>();
  /** Folders in which another one may have come or gone. */
  readonly #unlisted = new Set<Folder>();
  /** Folders that may have been removed and made again, with the same number. */
  readonly #doubtful = new Set<Folder>();
  readonly #unwatched = new Set<Folder>();
  readonly #leaving: FSWatcher[] = [];

  constructor(root: string, listener: Listener, queue: EventQueue) {
    this.#root = root;
    this.#listener = listener;
    this.#queue = queue;
    this.#unlisten = queue.listen(() => listener.lost('there were more events than the system holds'));
  }

  async open(): Promise<void> {
    if (this.#top !== undefined) this.#drop(this.#top);
    this.#top = this.#enter(undefined, TOP);
    for (const set of [this.#dirty, this.#unlisted, this.#doubtful]) set.clear();
    if (this.#top === undefined) this.#listener.lost('it was not there for a moment');
    else await this.#list([this.#top], false);
  }

  async follow(): Promise<void> {
    for (const folder of this.#doubtful) {
      if (folder.parent === undefined || folder.isGone) continue;
      this.#drop(folder);
      folder.parent.children.delete(nameOf(folder));
      this.#unlisted.add(folder.parent);
    }
    this.#doubtful.clear();
    const unlisted = [...this.#unlisted];
    this.#unlisted.clear();
    await this.#list(unlisted, true);
  }

  async poll(): Promise<boolean> {
    const folders = [...this.#unwatched];
    for (const folder of folders) {
      this.#watch(folder);
      this.#dirty.add(folder);
    }
    await this.#list(folders, true);
    return folders.length > 0;
  }

  take(): readonly BytePath[] {
    const paths = [...this.#dirty].filter((folder) => !folder.isGone).map(({ path }) => path);
    this.#dirty.clear();
    return paths;
  }

  polled(): Polled {
    return new Map([...this.#unwatched].map(({ path, why }) => [path, why ?? '']));
  }

  close(): void {
    this.#isClosed = true;
    this.#unlisten();
    if (this.#top !== undefined) this.#drop(this.#top);
    this.#letGo();
  }

  /** Looks for folders in `folders`, and in those that are found. @param isNews - Somebody has to look at what is found. */
  async #list(folders: readonly Folder[], isNews: boolean): Promise<void> {
    for (let level = folders; level.length > 0 && !this.#isClosed;) {
      const found: Found[] = [];
      await inPortions(level, (folder) => this.#compare(folder, found));
      const leftOut =
        found.length === 0 ? undefined : await this.#listener.leftOut(found.map(({ path }) => path));
      const entered: Folder[] = [];
      await inPortions(found, ({ parent, name, path }) => {
        if (leftOut?.has(path) === true || this.#isClosed) return;
        const folder = this.#enter(parent, name);
        if (folder === undefined) return;
        entered.push(folder);
        if (isNews) this.#dirty.add(folder);
      });
      level = entered;
    }
    this.#letGo();
  }

  /** Adds to `found` what is new in `folder`, and drops what is not there any more. */
  #compare(folder: Folder, found: Found[]): void {
    if (folder.isGone) return;
    const there = subfoldersOf(this.#at(folder.path));
    for (const [name, child] of folder.children) {
      const id = there.get(name);
      if (id !== undefined && isSame(id, child.id)) continue;
      this.#drop(child);
      folder.children.delete(name);
      this.#dirty.add(folder);
    }
    for (const name of there.keys()) {
      if (!folder.children.has(name)) found.push({ parent: folder, name, path: join(folder.path, name) });
    }
  }

  /** Takes a folder into the tree; undefined when it has gone meanwhile. */
  #enter(parent: Folder | undefined, name: BytePath): Folder | undefined {
    const path = parent === undefined ? TOP : join(parent.path, name);
    for (let i = 0; i < TRIES; i++) {
      const id = identify(this.#at(path), parent === undefined);
      if (id === undefined) return undefined;
      const common = { children: new Map(), watcher: undefined, why: undefined, isGone: false };
      const folder: Folder = { parent, path, id, ...common };
      this.#watch(folder);
      // Only then it is this folder that is watched. A link in its place would lead anywhere.
      const after = identify(this.#at(path), parent === undefined);
      if (after !== undefined && isSame(id, after)) {
        parent?.children.set(name, folder);
        return folder;
      }
      this.#drop(folder);
    }
    if (parent !== undefined) this.#unlisted.add(parent);
    return undefined;
  }

  /** Opens the watch of `folder`, or notes why it cannot be. */
  #watch(folder: Folder): void {
    const at = this.#at(folder.path);
    try {
      folder.why = this.#isWithoutEvents(folder) ? NO_EVENTS : undefined;
      if (folder.why === undefined) {
        folder.watcher = watch(at, { encoding: 'buffer' });
        const own = ownName(at);
        folder.watcher.on('change', (event, name) => this.#heard(folder, event, name, own));
        folder.watcher.on('error', (error) => this.#failed(folder, error));
      }
    } catch (error) {
      folder.why = whyNot(error);
    }
    if (folder.why === undefined) this.#unwatched.delete(folder);
    else this.#unwatched.add(folder);
  }

  #isWithoutEvents({ parent, path, id }: Folder): boolean {
    if (parent === undefined) return false;
    return parent.id.device === id.device ? parent.why === NO_EVENTS : isEventless(this.#at(path));
  }

  #heard(folder: Folder, event: string, name: string | Buffer | null, own: BytePath): void {
    this.#queue.count();
    if (folder.isGone) return;
    this.#dirty.add(folder);
    if (event === 'rename') this.#unlisted.add(folder);
    // What happens to the folder itself comes with its own name. One that is called so in it does no harm.
    const isItself = event === 'rename' && (name === null || fromBytes(Buffer.from(name)) === own);
    if (isItself && folder.parent === undefined)
      this.#listener.lost('the folder itself was moved, removed or unmounted');
    else if (isItself) this.#doubtful.add(folder);
    this.#listener.stirred(event === 'rename');
  }

  #failed(folder: Folder, error: unknown): void {
    if (folder.isGone) return;
    this.#doubtful.add(folder);
    this.#listener.lost(`a watch failed: ${reasonOf(error)}`);
  }

  /** Takes `folder`, and all that it holds, out of the tree. */
  #drop(folder: Folder): void {
    folder.isGone = true;
    if (folder.watcher !== undefined) this.#leaving.push(folder.watcher);
    this.#unwatched.delete(folder);
    for (const child of folder.children.values()) this.#drop(child);
  }

  /** What was dropped is closed when the same folders are watched anew elsewhere: nothing is lost in between. */
  #letGo(): void {
    if (this.#leaving.length > 0) this.#queue.afterTurn(this.#leaving.splice(0));
  }

  #at(path: BytePath): string | Buffer {
    return systemPath(this.#root, path);
  }
}

async function inPortions<T>(items: readonly T[], work: (item: T) => void): Promise<void> {
  for (const [n, item] of items.entries()) {
    if (n % AT_ONCE === AT_ONCE - 1) await setImmediate();
    work(item);
  }
}

function nameOf({ path }: Folder): BytePath {
  return path.slice(path.lastIndexOf('/') + 1) as BytePath;
}

/** The name that libuv gives to events of a folder itself: what comes after the last slash. */
function ownName(at: string | Buffer): BytePath {
  const path = fromBytes(Buffer.from(at));
  return path.slice(path.lastIndexOf('/') + 1) as BytePath;
}

function whyNot(error: unknown): string {
  const code = systemCode(error);
  if (code === 'ENOSPC') return 'the limit of inotify watches is reached (fs.inotify.max_user_watches)';
  if (code === 'EMFILE') return 'the limit of inotify instances is reached (fs.inotify.max_user_instances)';
  return reasonOf(error);
}
