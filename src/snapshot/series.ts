import { SnapshotError } from '../errors.ts';
import type { Store, StoreItem } from '../store/store.ts';
import { IndexCursor } from './index-file.ts';
import { type Info, parseInfo } from './info.ts';
import { INFO_FILE, isOurs, snapshotTime } from './names.ts';

/** A whole snapshot of a series. */
export interface Snapshot {
  readonly name: string;
  /** By its name. */
  readonly at: Date;
  readonly info: Info;
}

/** What a series' folder holds. */
export interface Survey {
  /** Whole ones, oldest first. */
  readonly snapshots: readonly Snapshot[];
  /** Dated folders without info.json: a run was cut short. */
  readonly unfinished: readonly string[];
  /** Dated folders whose info.json cannot be read, and why. They are never removed. */
  readonly damaged: readonly { readonly name: string; readonly error: SnapshotError }[];
}

/** All snapshots of one row: the folder `DESTINATION/NAME`. */
export class Series {
  readonly store: Store;
  readonly name: string;

  constructor(store: Store, name: string) {
    this.store = store;
    this.name = name;
  }

  /** The key of `parts` below the series' folder. */
  key(...parts: readonly string[]): string {
    return [this.name, ...parts].join('/');
  }

  /** `parts` as a place, for people. */
  place(...parts: readonly string[]): string {
    return [this.store.location, this.name, ...parts].join('/');
  }

  async survey(): Promise<Survey> {
    const snapshots: Snapshot[] = [];
    const unfinished: string[] = [];
    const damaged: { name: string; error: SnapshotError }[] = [];
    for (const { name, isFolder } of await this.store.list(this.name)) {
      const at = snapshotTime(name);
      if (!isFolder || at === undefined) continue;
      const text = await this.store.read(this.key(name, INFO_FILE));
      if (text === undefined) {
        unfinished.push(name);
        continue;
      }
      try {
        snapshots.push({ name, at, info: parseInfo(text.toString('utf8'), this.place(name, INFO_FILE)) });
      } catch (error) {
        if (!(error instanceof SnapshotError)) throw error;
        damaged.push({ name, error });
      }
    }
    return { snapshots, unfinished, damaged };
  }

  /** The entries of `snapshot`, in path order. @throws E_DAMAGED, also from the cursor. */
  async index(snapshot: Snapshot): Promise<IndexCursor> {
    const { file, sha256 } = snapshot.info.index;
    const where = this.place(snapshot.name, file);
    const bytes = await this.store.read(this.key(snapshot.name, file));
    if (bytes === undefined) throw new SnapshotError('E_DAMAGED', `"${where}" is missing`);
    return IndexCursor.open(bytes, sha256, where);
  }

  /**
   * Removes a snapshot or what there is of an unfinished one: info.json first, so that it is no snapshot any
   * more from the first moment on. Only files that this program writes are touched.
   *
   * @returns Names of files that are not ours; because of them the folder stays.
   */
  async remove(snapshot: string): Promise<readonly string[]> {
    const items = await this.store.list(this.key(snapshot));
    const ours = items.filter((item) => !item.isFolder && isOurs(item.name, this.name));
    await this.store.remove(this.key(snapshot, INFO_FILE));
    for (const { name } of ours) await this.store.remove(this.key(snapshot, name));
    const gone = await this.store.removeFolder(this.key(snapshot));
    return gone ? [] : await this.#foreign(snapshot, items);
  }

  async #foreign(snapshot: string, before: readonly StoreItem[]): Promise<readonly string[]> {
    const left = await this.store.list(this.key(snapshot));
    return (left.length > 0 ? left : before).map(({ name }) => name);
  }
}
