import { SnapshotError } from '../../base/errors.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import type { PlaceInArchive } from '../../format/contents.ts';
import type { ArchiveFile, Places } from '../../unpack/places.ts';
import { archivesOf, type Wanted } from './wanted.ts';

interface Copy {
  readonly archive: ArchiveFile;
  readonly place: PlaceInArchive;
}

/** Other places in the series that hold the content of files which are damaged where their snapshot has them. */
export class OtherCopies {
  readonly #places: Places;
  /** By hash: places not yet tried. */
  readonly #copies = new Map<string, Map<string, Copy>>();
  readonly #wanted: Wanted;

  private constructor(wanted: Wanted) {
    this.#wanted = wanted;
    this.#places = wanted.places;
  }

  /**
   * Looks for the content of the entries `lost` in all of `snapshots`, whether or not an entry still has it.
   * Where archives are no hard links but copies, each folder's own one counts.
   *
   * @param note - Told of snapshots whose index is damaged too.
   * @param isElsewhere - It is the same series at another destination: there, the same place may hold it.
   */
  static async find(
    series: Series,
    snapshots: readonly Snapshot[],
    wanted: Wanted,
    lost: readonly number[],
    note: (message: string) => void,
    isElsewhere = false,
  ): Promise<OtherCopies> {
    const copies = new OtherCopies(wanted);
    for (const i of lost) copies.#copies.set(copies.#hashOf(i), new Map());
    for (const snapshot of snapshots.toReversed()) {
      try {
        await copies.#look(series, snapshot);
      } catch (error) {
        if (!(error instanceof SnapshotError)) throw error;
        note(error.message);
      }
    }
    if (!isElsewhere) for (const i of lost) copies.#forget(i);
    return copies;
  }

  /** Gives entry `i` another place to have its content from. @returns False when there is none left. */
  next(i: number): boolean {
    const copies = this.#copies.get(this.#hashOf(i));
    for (const [key, { archive, place }] of copies ?? []) {
      // Several entries may have the same content; each tries all.
      if (this.#tried.has(`${i} ${key}`)) continue;
      this.#tried.add(`${i} ${key}`);
      this.#places.set(i, archive, place);
      return true;
    }
    return false;
  }

  readonly #tried = new Set<string>();

  #forget(i: number): void {
    const archive = this.#places.archive(i);
    if (archive !== undefined) this.#tried.add(`${i} ${keyOf({ archive, place: this.#places.place(i) })}`);
  }

  #hashOf(i: number): string {
    return Buffer.from(this.#wanted.entries.hash(i) ?? []).toString('latin1');
  }

  async #look(series: Series, snapshot: Snapshot): Promise<void> {
    const archives = archivesOf(series, snapshot);
    const take = (hash: Uint8Array | undefined, at: readonly number[] | undefined): void => {
      const copies = hash === undefined ? undefined : this.#copies.get(Buffer.from(hash).toString('latin1'));
      const [number = -1, offset = 0, length = 0, skip = 0] = at ?? [];
      const archive = archives.get(number);
      if (copies === undefined || archive === undefined) return;
      const copy = { archive, place: { offset, length, skip } };
      copies.set(keyOf(copy), copy);
    };
    for (const { hash, at } of await series.entries(snapshot)) take(hash, at);
    for await (const { hash, at } of series.dead(snapshot)) take(hash, at);
  }
}

function keyOf({ archive, place }: Copy): string {
  return `${archive.key} ${place.offset} ${place.skip}`;
}
