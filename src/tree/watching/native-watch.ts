// The one watch of a whole tree that Windows and macOS have.
import { type FSWatcher, watch } from 'node:fs';
import { reasonOf } from '../../base/errors.ts';
import { type BytePath, comparePaths, fromBytes, join, parentOf, systemPath } from '../path.ts';
import { identify, subfoldersOf } from './folder-id.ts';
import type { Polled } from './messages.ts';
import type { Listener, Watches } from './watches.ts';

const TOP = '' as BytePath;

export class NativeWatch implements Watches {
  readonly #root: string;
  readonly #listener: Listener;
  #watcher: FSWatcher | undefined;
  #why: string | undefined;
  readonly #dirty = new Set<BytePath>();
  /** Paths that events told of. One may be a folder that was moved here with all that it holds. */
  readonly #told = new Set<BytePath>();

  constructor(root: string, listener: Listener) {
    this.#root = root;
    this.#listener = listener;
  }

  // oxlint-disable-next-line typescript/require-await -- as the interface has it
  async open(): Promise<void> {
    this.close();
    this.#dirty.clear();
    this.#told.clear();
    try {
      this.#watcher = watch(this.#root, { encoding: 'buffer', recursive: true });
      this.#why = undefined;
      this.#watcher.on('change', (_, name) => this.#heard(name));
      this.#watcher.on('error', (error) => this.#listener.lost(`the watch failed: ${reasonOf(error)}`));
    } catch (error) {
      this.#why = reasonOf(error);
    }
  }

  async follow(): Promise<void> {
    const told = [...this.#told].toSorted(comparePaths);
    this.#told.clear();
    const within = await this.#wanted([...new Set(told.map(parentOf))]);
    for (const folder of within) this.#dirty.add(folder);
    let level = told.filter((path) => within.has(parentOf(path)) && this.#isFolder(path));
    while (level.length > 0) {
      const wanted = [...(await this.#wanted(level))];
      for (const folder of wanted) this.#dirty.add(folder);
      level = wanted.flatMap((folder) =>
        [...subfoldersOf(systemPath(this.#root, folder)).keys()].map((name) => join(folder, name)),
      );
    }
  }

  async poll(): Promise<boolean> {
    if (this.#why === undefined) return false;
    await this.open();
    this.#listener.lost(this.#why ?? 'the folder can be watched again');
    return true;
  }

  take(): readonly BytePath[] {
    const folders = [...this.#dirty];
    this.#dirty.clear();
    return folders;
  }

  polled(): Polled {
    return new Map(this.#why === undefined ? [] : [[TOP, this.#why]]);
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #heard(name: string | Buffer | null): void {
    if (name === null) {
      this.#listener.lost('the system does not say what changed');
      return;
    }
    const path = fromBytes(Buffer.from(name));
    this.#told.add((process.platform === 'win32' ? path.replaceAll('\\', '/') : path) as BytePath);
    this.#listener.stirred(false);
  }

  #isFolder(path: BytePath): boolean {
    return identify(systemPath(this.#root, path)) !== undefined;
  }

  /** Those of `folders` that are not left out, nor in a folder that is. */
  async #wanted(folders: readonly BytePath[]): Promise<ReadonlySet<BytePath>> {
    const leftOut = await this.#listener.leftOut([...new Set(folders.flatMap(wayTo))]);
    return new Set(folders.filter((folder) => !wayTo(folder).some((above) => leftOut.has(above))));
  }
}

/** `folder` and all above it, without the top. */
function wayTo(folder: BytePath): BytePath[] {
  return folder === TOP ? [] : [...wayTo(parentOf(folder)), folder];
}
