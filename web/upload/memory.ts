// What was not finished when the page was closed, in IndexedDB: a browser does not let a page keep the files themselves, but their
// names tell which to pick again, and the server goes on where it was.
import type { Item } from './queue.ts';

const NAME = 'snapshot-upload';
const STORE = 'unfinished';

export type Unfinished = Pick<Item, 'path' | 'size' | 'modified'>;

/** Where the browser keeps nothing, as in a private window, it remembers nothing. */
export class Memory {
  readonly #opening: Promise<IDBDatabase | undefined> = openDatabase().catch(() => undefined);

  /** What was not finished, the last time. */
  async all(): Promise<readonly Unfinished[]> {
    const found = await this.#run('readonly', (store) => store.getAll() as IDBRequest<Unfinished[]>);
    return found ?? [];
  }

  async remember(items: readonly Unfinished[]): Promise<void> {
    await this.#run('readwrite', (store) => {
      for (const { path, size, modified } of items)
        store.put({ path, size, modified }, keyOf({ path, size }));
    });
  }

  async forget(item: Unfinished): Promise<void> {
    await this.#run('readwrite', (store) => store.delete(keyOf(item)));
  }

  async clear(): Promise<void> {
    await this.#run('readwrite', (store) => store.clear());
  }

  async #run<T>(
    mode: IDBTransactionMode,
    work: (store: IDBObjectStore) => IDBRequest<T> | void,
  ): Promise<T | undefined> {
    const database = await this.#opening;
    if (database === undefined) return undefined;
    return await new Promise((resolve) => {
      const transaction = database.transaction(STORE, mode);
      const request = work(transaction.objectStore(STORE));
      transaction.addEventListener('complete', () => resolve(request?.result));
      transaction.addEventListener('abort', () => resolve(undefined));
    });
  }
}

/** Without the time: phones give a new one each time a photo is picked. */
function keyOf({ path, size }: Pick<Unfinished, 'path' | 'size'>): string {
  return `${size} ${path}`;
}

async function openDatabase(): Promise<IDBDatabase> {
  return await new Promise((resolve, reject) => {
    const opening = indexedDB.open(NAME, 1);
    opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore(STORE));
    opening.addEventListener('success', () => resolve(opening.result));
    opening.addEventListener('error', () => reject(opening.error ?? new Error('IndexedDB')));
  });
}
