import { type ArchiveFormat, formatOf } from '../../base/archive-format.ts';
import { SnapshotError } from '../../base/errors.ts';
import { isForSame } from '../../series/crypt/keys.ts';
import { type Flaw, lacks, placeOf } from '../../series/damage/damage.ts';
import type { DeadMember } from '../../series/index/index-line.ts';
import type { Holdings } from '../../series/holdings.ts';
import type { ArchiveInfo } from '../../series/info.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import type { Previous } from './previous.ts';

/** An archive that a new snapshot may share. */
export interface Shelved {
  /** A snapshot, or an unfinished one, that has it. */
  readonly snapshot: string;
  readonly archive: Omit<ArchiveInfo, 'entries' | 'liveBytes'>;
  /** What is wrong with it: then only what can be had nowhere else is taken from it. */
  readonly flaw?: Flaw | undefined;
}

/** Every archive with content in a series, by number. */
export class Shelf {
  readonly #archives = new Map<number, Shelved>();
  #nextNumber = 0;

  /**
   * Which archives there are: of each the newest one that is not known to be damaged, or else a damaged one.
   *
   * @param encrypt - Whom new ones are encrypted for: what is for others is left where it is.
   */
  static of({ survey, damage }: Pick<Previous, 'survey' | 'damage'>, encrypt: readonly string[]): Shelf {
    const shelf = new Shelf();
    for (const { name: snapshot, info } of survey.snapshots.toReversed()) {
      for (const archive of info.archives) {
        const { number, entries } = archive;
        shelf.#nextNumber = Math.max(shelf.#nextNumber, number + 1);
        const known = shelf.#archives.get(number);
        if (!isForSame(info.recipients, encrypt)) continue;
        if (entries === 0 || (known !== undefined && known.flaw === undefined)) continue;
        const place = placeOf(snapshot, archive);
        const flaw = damage.flawOf(place);
        if (damage.isWhole(place)) shelf.#archives.set(number, { snapshot, archive });
        else if (flaw !== undefined && known === undefined) {
          shelf.#archives.set(number, { snapshot, archive, flaw });
        }
      }
    }
    return shelf;
  }

  /** Whether content can be had from an archive, as far as is known. */
  has(number: number, hash: Uint8Array): boolean {
    const shelved = this.get(number);
    return shelved !== undefined && (shelved.flaw === undefined || !lacks(shelved.flaw, hash));
  }

  get(number: number): Shelved | undefined {
    return this.#archives.get(number);
  }

  /** Takes an archive that has no number yet. @returns Its number. */
  add(snapshot: string, archive: Omit<Shelved['archive'], 'number'>): number {
    const number = this.#nextNumber++;
    this.#archives.set(number, { snapshot, archive: { number, ...archive } });
    return number;
  }

  /** A number that no archive of the series has. */
  get nextNumber(): number {
    return this.#nextNumber;
  }

  /** Whether a snapshot names an archive that is called so, wherever it lies: two links to it are one archive. */
  hasFile(file: string): boolean {
    return [...this.#archives.values()].some(
      ({ archive }) => archive.file === file || archive.file.endsWith(`/${file}`),
    );
  }

  /** Whether content of an archive may be shared by archives of `format`. */
  isOf(number: number, format: ArchiveFormat): boolean {
    const shelved = this.get(number);
    return shelved !== undefined && shelved.flaw === undefined && formatOf(shelved.archive.file) === format;
  }

  /**
   * Tells `holdings` what else the archives hold: what no entry of the newest snapshot has, and what only
   * older ones have. So what was deleted and comes back is not written again, as long as some snapshot has it.
   *
   * An archive of which that cannot be found out is not shared, or restoring would bring back what is gone.
   */
  async readRest(
    series: Series,
    { survey, newest }: Previous,
    holdings: Holdings,
    note: (message: string) => void,
  ): Promise<void> {
    const held = new Set(newest?.info.archives.map(({ number }) => number));
    if (newest !== undefined) await this.#read(series.dead(newest), newest, held, holdings, note);
    for (const snapshot of survey.snapshots) {
      const own = [...this.#archives.values()].filter((shelved) => shelved.snapshot === snapshot.name);
      const numbers = new Set(own.map(({ archive }) => archive.number).filter((number) => !held.has(number)));
      if (numbers.size === 0) continue;
      await this.#read(series.contentsOf(snapshot, numbers), snapshot, numbers, holdings, note);
    }
  }

  async #read(
    members: AsyncIterable<DeadMember>,
    { name }: Snapshot,
    numbers: ReadonlySet<number>,
    holdings: Holdings,
    note: (message: string) => void,
  ): Promise<void> {
    const found: DeadMember[] = [];
    try {
      for await (const member of members) found.push(member);
    } catch (error) {
      if (!(error instanceof SnapshotError) || error.code !== 'E_DAMAGED') throw error;
      note(`${error.message}; the archives of ${name} are not shared`);
      for (const number of numbers) this.#archives.delete(number);
      return;
    }
    for (const member of found) holdings.addDead(member);
  }
}
