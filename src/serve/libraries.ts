// The libraries of all accounts of a served folder, each opened once.
import type { Blake3 } from '../hash/blake3.ts';
import type { AccountSync } from './control.ts';
import type { ServedFolder } from './folder.ts';
import { follow } from './follow.ts';
import { Library } from './library/library.ts';
import type { SyncResult } from './library/reconcile.ts';
import type { RoomLimits } from './library/room.ts';
import { type TreeWatcher, WatchThread } from '../tree/watching/watch-tree.ts';
import type { Accounts } from './users/accounts.ts';

export type Limits = Omit<RoomLimits, 'quotaBytes'>;

/** Told of what goes on with the account of that name. */
export interface Events {
  readonly onRead: OnRead;
  /** Told of what was done to its folder by other means, when that was noticed. Undefined: nobody looks by itself. */
  readonly onSync?: ((sync: AccountSync) => void) | undefined;
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** Told of how far the reading of an account's files is. */
export type OnRead = (account: string, done: number, total: number) => void;

/** What the first look at a folder came to, and how long it took. */
export type FirstLook = SyncResult & Pick<AccountSync, 'seconds'>;

interface Opened {
  readonly library: Library;
  readonly first: Promise<FirstLook>;
}

export class Libraries {
  readonly #folder: ServedFolder;
  readonly #accounts: Accounts;
  readonly #blake3: Blake3;
  readonly #limits: Limits;
  readonly #events: Events;
  readonly #closing = new AbortController();
  readonly #thread = new WatchThread();
  readonly #following: Promise<void>[] = [];
  /** Those that are there, also while they are looked at for the first time. */
  readonly #libraries = new Set<Library>();
  readonly #open = new Map<string, Promise<Opened>>();
  /** The end of the last first look: they come one after the other, as each keeps the disk busy. */
  #lastLook: Promise<unknown> = Promise.resolve();

  constructor(folder: ServedFolder, accounts: Accounts, blake3: Blake3, limits: Limits, events: Events) {
    this.#folder = folder;
    this.#accounts = accounts;
    this.#blake3 = blake3;
    this.#limits = limits;
    this.#events = events;
  }

  /**
   * The library of an account, held against its folder once.
   *
   * @throws SnapshotError `E_STORE` when its folder is not there, or its journal cannot be used.
   */
  async get(account: string): Promise<Library> {
    const { library, first } = await this.#opened(account);
    await first;
    return library;
  }

  /**
   * The same as soon as its journal is read: what is there is found by that, and what is not found waits for the first look by
   * itself. What it holds in all is not known yet. Where there is no journal, all of that comes first.
   */
  async early(account: string): Promise<Library> {
    return (await this.#opened(account)).library;
  }

  /** What the first look at the folder came to. */
  async first(account: string): Promise<FirstLook> {
    return await (
      await this.#opened(account)
    ).first;
  }

  /** Looks at the folder of an account once more. */
  async sync(account: string, rehash: boolean): Promise<SyncResult> {
    return await (await this.get(account)).sync({ rehash });
  }

  /** Ends looks that are under way, too. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the server ends'));
    await Promise.all([...this.#libraries].map(async (library) => await library.close()));
    await Promise.allSettled(this.#open.values());
    await Promise.all(this.#following);
  }

  async #opened(account: string): Promise<Opened> {
    const known = this.#open.get(account);
    if (known !== undefined) return await known;
    const opening = this.#start(account);
    this.#open.set(account, opening);
    // A disk that is away now is tried again with the next request.
    const forget = (): void => void this.#open.delete(account);
    opening.then(({ first }) => void first.catch(forget), forget);
    return await opening;
  }

  async #start(account: string): Promise<Opened> {
    const quotaBytes = this.#accounts.account(account)?.quotaBytes;
    const limits = { ...this.#limits, quotaBytes };
    const library = await Library.open(this.#folder.placeOf(account), this.#blake3, limits);
    this.#libraries.add(library);
    if (this.#closing.signal.aborted) await library.close();
    const isNew = library.holdings.size === 0;
    const first = this.#look(account, library, this.#lastLook);
    this.#lastLook = first.catch(() => undefined);
    if (isNew) await first;
    return { library, first };
  }

  async #look(account: string, library: Library, turn: Promise<unknown>): Promise<FirstLook> {
    let watcher: TreeWatcher | undefined;
    let begun = 0;
    try {
      const first = await library.look(
        async () => {
          await turn;
          begun = performance.now();
          watcher = await this.#watch(library);
        },
        (done, total) => this.#events.onRead(account, done, total),
      );
      if (watcher !== undefined) this.#follow(account, library, watcher);
      return { ...first, seconds: Math.round(performance.now() - begun) / 1000 };
    } catch (error) {
      await watcher?.stop();
      await library.close();
      this.#libraries.delete(library);
      throw error;
    }
  }

  async #watch(library: Library): Promise<TreeWatcher | undefined> {
    if (this.#events.onSync === undefined) return undefined;
    return await this.#thread.watch(library.files, { signal: this.#closing.signal });
  }

  #follow(account: string, library: Library, watcher: TreeWatcher): void {
    const { onSync = () => undefined, onError = () => undefined } = this.#events;
    const { signal } = this.#closing;
    const tell = (result: SyncResult, seconds: number): void => onSync({ account, ...result, seconds });
    this.#following.push(follow(library, watcher, { onSync: tell, onError, signal }));
  }
}
