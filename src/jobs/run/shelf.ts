import { SnapshotError } from '../../errors.ts';
import type { DeadMember } from '../../snapshot/index-line.ts';
import type { Holdings } from '../../snapshot/holdings.ts';
import type { ArchiveInfo, PackFormat } from '../../snapshot/info.ts';
import type { Series, Snapshot } from '../../snapshot/series.ts';
import type { Previous } from './previous.ts';

/** An archive that a new snapshot may share. */
export interface Shelved {
  /** A snapshot, or an unfinished one, that has it. */
  readonly snapshot: string;
  readonly archive: Omit<ArchiveInfo, 'entries' | 'liveBytes'>;
}

/** Every archive with content in a series, by number. */
export class Shelf {
  readonly #archives = new Map<number, Shelved>();
  #nextNumber = 0;

  /**
   * Looks which archives there are.
   *
   * @param note - Told of archives that are missing: their content is not there to be shared.
   */
  static async open(series: Series, { survey }: Previous, note: (message: string) => void): Promise<Shelf> {
    const shelf = new Shelf();
    const missing = new Map<number, string>();
    // The newest one that has an archive counts.
    for (const snapshot of survey.snapshots.toReversed()) {
      const { archives } = snapshot.info;
      for (const { number } of archives) shelf.#nextNumber = Math.max(shelf.#nextNumber, number + 1);
      const wanted = archives.filter(({ number, entries }) => entries > 0 && !shelf.#archives.has(number));
      const sizes = wanted.length === 0 ? new Map<string, number>() : await series.sizesOf(snapshot);
      for (const archive of wanted) {
        if (sizes.get(archive.file) === archive.bytes) {
          shelf.#archives.set(archive.number, { snapshot: snapshot.name, archive });
        } else missing.set(archive.number, archive.file);
      }
    }
    for (const [number, file] of missing) {
      if (!shelf.#archives.has(number))
        note(`${file} is missing or not whole: what it held is written again`);
    }
    return shelf;
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
  isOf(number: number, format: PackFormat): boolean {
    return this.get(number)?.archive.file.endsWith(`.${format}`) === true;
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
