// The folders that people see in Drive. They are made when something is to lie in them.
import { SnapshotError } from '../../base/errors.ts';
import type { DriveClient } from './drive-client.ts';
import type { DriveIds } from './drive-ids.ts';
import {
  baseFolderOf,
  baseOf,
  baseProperties,
  baseQuery,
  folderMetadata,
  insideOf,
  ITEM_FIELDS,
  itemOf,
  propertiesOf,
  type Spot,
  spotOf,
} from './drive-item.ts';
import type { DriveListings } from './drive-listings.ts';

export class DriveFolders {
  readonly #client: DriveClient;
  readonly #listings: DriveListings;
  readonly #ids: DriveIds;
  readonly #folders: readonly string[];
  /** By key: what is found or made at this moment, or was. */
  readonly #found = new Map<string, Promise<string>>();

  /** @param folders - Those of the address. */
  constructor(client: DriveClient, listings: DriveListings, ids: DriveIds, folders: readonly string[]) {
    this.#client = client;
    this.#listings = listings;
    this.#ids = ids;
    this.#folders = folders;
  }

  /** The id of the folder `key`, '' for that of the address. It is made, with all above it, when it is missing. */
  async idOf(key: string, what: string): Promise<string> {
    const known = this.#found.get(key);
    if (known !== undefined) return await known;
    const finding = key === '' ? this.#base(what) : this.#find(key, what);
    this.#found.set(key, finding);
    try {
      return await finding;
    } catch (error) {
      this.#found.delete(key);
      throw error;
    }
  }

  /** One of them is gone, or moved to the trash: they are looked for anew. */
  forget(): void {
    this.#found.clear();
    this.#listings.refresh();
  }

  async #find(key: string, what: string): Promise<string> {
    const parts = key.split('/');
    // What lies in the folder of a series says which one that is: so nobody needs to list what lies beside it.
    if (parts.length === 1) {
      const inside = await this.#listings.of(insideOf(this.#folders, key).room, what);
      const parent = inside.listed().find((item) => !item.key.includes('/'))?.parent;
      if (parent !== undefined) return parent;
    }
    const spot = spotOf(this.#folders, key);
    const listing = await this.#listings.of(spot.room, what);
    const there = listing.find(spot.key).find(({ isFolder }) => isFolder);
    if (there !== undefined) return there.id;
    const above = await this.idOf(parts.slice(0, -1).join('/'), what);
    return await this.#make(parts.at(-1) ?? '', above, propertiesOf(spot), what, spot);
  }

  async #base(what: string): Promise<string> {
    const there = new Map<string, string>();
    for await (const file of this.#listings.pages(baseQuery(this.#folders), what)) {
      const found = baseFolderOf(file);
      if (found !== undefined && !there.has(found.base)) there.set(found.base, found.id);
    }
    let id = 'root';
    for (const [depth, name] of this.#folders.entries()) {
      id =
        there.get(baseOf(this.#folders, depth)) ??
        (await this.#make(name, id, baseProperties(this.#folders, depth), what));
    }
    return id;
  }

  async #make(
    name: string,
    parent: string,
    properties: Readonly<Record<string, string>>,
    what: string,
    spot?: Spot,
  ): Promise<string> {
    const id = await this.#ids.take(what);
    const answer = await this.#client.call({
      method: 'POST',
      path: 'files',
      query: { fields: ITEM_FIELDS },
      headers: { 'Content-Type': 'application/json; charset=UTF-8' },
      body: Buffer.from(JSON.stringify(folderMetadata(id, name, parent, properties))),
      what,
      accept: [404, 409],
    });
    if (answer.status === 404) throw new ParentGoneError(what);
    // Another process has taken the id: two folders of one name do no harm, and one is enough.
    if (answer.status === 409) return await this.#make(name, parent, properties, what, spot);
    const item = spot && itemOf(JSON.parse(answer.body.toString('utf8')) as unknown);
    if (item !== undefined) (await this.#listings.of(item.room, what)).add(item);
    return id;
  }
}

/** A folder that something was to be put into is not there any more. */
export class ParentGoneError extends SnapshotError {
  constructor(what: string) {
    super('E_AWAY', `${what}: its folder was removed in Google Drive`, {
      hint: 'Run it again: the folder is made anew.',
    });
  }
}
