// The libraries of all accounts of a served folder, each opened once.
import type { Blake3 } from '../hash/blake3.ts';
import type { ServedFolder } from './folder.ts';
import { Library } from './library/library.ts';
import type { SyncResult } from './library/reconcile.ts';
import type { RoomLimits } from './library/room.ts';
import type { Accounts } from './users/accounts.ts';

export type Limits = Omit<RoomLimits, 'quotaBytes'>;

/** Told of how far the reading of an account's files is. */
export type OnRead = (account: string, done: number, total: number) => void;

export class Libraries {
  readonly #folder: ServedFolder;
  readonly #accounts: Accounts;
  readonly #blake3: Blake3;
  readonly #limits: Limits;
  readonly #onRead: OnRead;
  readonly #open = new Map<string, Promise<{ readonly library: Library; readonly first: SyncResult }>>();

  constructor(folder: ServedFolder, accounts: Accounts, blake3: Blake3, limits: Limits, onRead: OnRead) {
    this.#folder = folder;
    this.#accounts = accounts;
    this.#blake3 = blake3;
    this.#limits = limits;
    this.#onRead = onRead;
  }

  /**
   * The library of an account, held against its folder once.
   *
   * @throws SnapshotError `E_STORE` when its folder is not there, or its journal cannot be used.
   */
  async get(account: string): Promise<Library> {
    return (await this.#opened(account)).library;
  }

  /** What the first look at the folder came to. */
  async first(account: string): Promise<SyncResult> {
    return (await this.#opened(account)).first;
  }

  /** Looks at the folder of an account once more. */
  async sync(account: string, rehash: boolean): Promise<SyncResult> {
    return await (await this.get(account)).sync({ rehash });
  }

  async close(): Promise<void> {
    const all = await Promise.allSettled(this.#open.values());
    for (const one of all) if (one.status === 'fulfilled') await one.value.library.close();
  }

  async #opened(account: string): Promise<{ readonly library: Library; readonly first: SyncResult }> {
    const known = this.#open.get(account);
    if (known !== undefined) return await known;
    const opening = this.#start(account);
    this.#open.set(account, opening);
    // A disk that is away now is tried again with the next request.
    opening.catch(() => this.#open.delete(account));
    return await opening;
  }

  async #start(account: string): Promise<{ readonly library: Library; readonly first: SyncResult }> {
    const quotaBytes = this.#accounts.account(account)?.quotaBytes;
    const limits = { ...this.#limits, quotaBytes };
    const library = await Library.open(this.#folder.placeOf(account), this.#blake3, limits);
    try {
      const onRead = (done: number, total: number): void => this.#onRead(account, done, total);
      return { library, first: await library.sync({ onRead }) };
    } catch (error) {
      await library.close();
      throw error;
    }
  }
}
