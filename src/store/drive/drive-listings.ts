// What was listed, room by room, and what this process has changed since.
import { SnapshotError } from '../../base/errors.ts';
import type { DriveClient } from './drive-client.ts';
import { type DriveItem, ITEM_FIELDS, itemOf, roomQuery } from './drive-item.ts';

/** Others write, too: what was listed longer ago is asked anew. */
const MOST_AGE_MS = 60_000;
/** What this process wrote is known by its id for so long, also where listings lag. */
const MOST_LAG_MS = 600_000;
/** A thousand names in a page: so many are no series of this program. */
const MOST_PAGES = 1000;

interface Known {
  readonly item: DriveItem;
  /** Whether listings show it. */
  readonly isListed: boolean;
  /** When this process wrote it; 0: it did not. */
  readonly writtenMs: number;
}

/** One room, as it is known. */
export class Listing {
  /** By id. */
  readonly #known = new Map<string, Known>();
  /** What this process has removed: ids are never used again, whatever a late listing says. */
  readonly #removed = new Set<string>();

  /** Takes a new listing, read from `beganMs` on. */
  renew(items: readonly DriveItem[], beganMs: number): void {
    const recent = [...this.#known].filter(([, { writtenMs }]) => beganMs - writtenMs < MOST_LAG_MS);
    this.#known.clear();
    for (const [id, known] of recent) this.#known.set(id, { ...known, isListed: known.writtenMs >= beganMs });
    for (const item of items) {
      const own = this.#known.get(item.id);
      // What was written since is newer than what a late listing says.
      if (own !== undefined && own.item.modifiedMs > item.modifiedMs)
        this.#known.set(item.id, { ...own, isListed: true });
      else if (!this.#removed.has(item.id))
        this.#known.set(item.id, { item, isListed: true, writtenMs: own?.writtenMs ?? 0 });
    }
  }

  add(item: DriveItem): void {
    this.#known.set(item.id, { item, isListed: true, writtenMs: Date.now() });
  }

  drop({ id }: Pick<DriveItem, 'id'>): void {
    this.#known.delete(id);
    this.#removed.add(id);
  }

  /** All objects of this key, the one that counts first: Drive allows twins. */
  find(key: string): readonly DriveItem[] {
    const twins = [...this.#known.values()].flatMap(({ item }) => (item.key === key ? [item] : []));
    return twins.toSorted((a, b) => b.modifiedMs - a.modifiedMs || (a.id < b.id ? 1 : -1));
  }

  /** Whether listings show it; else it is only known by its id. */
  shows({ id }: Pick<DriveItem, 'id'>): boolean {
    return this.#known.get(id)?.isListed === true;
  }

  /** What listings show. */
  listed(): readonly DriveItem[] {
    return [...this.#known.values()].flatMap(({ item, isListed }) => (isListed ? [item] : []));
  }
}

export class DriveListings {
  readonly #client: DriveClient;
  readonly #pageSize: number;
  readonly #listings = new Map<string, Listing>();
  /** Rooms whose listing holds still, and since when. */
  readonly #fresh = new Map<string, { readonly sinceMs: number; readonly done: Promise<Listing> }>();

  constructor(client: DriveClient, pageSize: number) {
    this.#client = client;
    this.#pageSize = pageSize;
  }

  /** @param what - For errors. */
  async of(room: string, what: string, signal?: AbortSignal): Promise<Listing> {
    const known = this.#fresh.get(room);
    if (known !== undefined && Date.now() - known.sinceMs < MOST_AGE_MS) return await known.done;
    const listing = this.#listings.get(room) ?? new Listing();
    this.#listings.set(room, listing);
    const sinceMs = Date.now();
    const done = this.#read(room, what, signal).then((items) => {
      listing.renew(items, sinceMs);
      return listing;
    });
    this.#fresh.set(room, { sinceMs, done });
    try {
      return await done;
    } catch (error) {
      this.#fresh.delete(room);
      throw error;
    }
  }

  /** The next time, all of it is asked anew. */
  refresh(): void {
    this.#fresh.clear();
  }

  async #read(room: string, what: string, signal: AbortSignal | undefined): Promise<readonly DriveItem[]> {
    const items: DriveItem[] = [];
    for await (const file of this.pages(roomQuery(room), what, signal)) {
      const item = itemOf(file);
      if (item?.room === room) items.push(item);
    }
    return items;
  }

  /** All files that a query finds. */
  async *pages(query: string, what: string, signal?: AbortSignal): AsyncGenerator {
    let token = '';
    for (let page = 0; page < MOST_PAGES; page++) {
      const json = (await this.#client.json({
        method: 'GET',
        path: 'files',
        query: {
          q: query,
          spaces: 'drive',
          pageSize: String(this.#pageSize),
          fields: `nextPageToken,incompleteSearch,files(${ITEM_FIELDS})`,
          ...(token === '' ? {} : { pageToken: token }),
        },
        what,
        signal,
      })) as {
        readonly files?: unknown;
        readonly nextPageToken?: unknown;
        readonly incompleteSearch?: unknown;
      };
      if (!Array.isArray(json.files))
        throw new SnapshotError('E_STORE', `${what}: this is no listing of Google Drive`);
      if (json.incompleteSearch === true)
        throw new SnapshotError('E_AWAY', `${what}: Google has not searched everything`);
      yield* json.files as readonly unknown[];
      if (typeof json.nextPageToken !== 'string' || json.nextPageToken === '') return;
      if (json.nextPageToken === token)
        throw new SnapshotError('E_STORE', `${what}: Google says that there is more, and does not give it`);
      token = json.nextPageToken;
    }
    throw new SnapshotError('E_STORE', `${what}: there are too many objects`);
  }
}
