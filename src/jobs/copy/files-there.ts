import { type Flaws, placeOf, readDamage } from '../../series/damage/damage.ts';
import { lookOver } from '../../series/damage/look-over.ts';
import type { FileInfo, Info } from '../../series/info.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import type { FileThere } from './copy-file.ts';

/** Archives and lines: the files of a snapshot that several may share. */
export function sharedFiles({ archives, index, changes, dead }: Info): readonly FileInfo[] {
  return [...archives, index, changes, dead].filter((file) => file !== null);
}

/** The last part of what info.json calls a file. */
export function baseOf({ file }: Pick<FileInfo, 'file'>): string {
  return file.slice(file.indexOf('/') + 1);
}

/** The files that the snapshots of a series name, and which of them are whole as far as names, sizes and damage.json say. */
export class FilesThere {
  readonly series: Series;
  readonly flaws: Flaws;
  /** Places, `SNAPSHOT/NAME`, of those that are not. */
  readonly #bad: Set<string>;
  /** By what they hold and are called. */
  readonly #places = new Map<string, string>();
  readonly #healed = new Set<string>();

  private constructor(series: Series, flaws: Flaws, bad: Set<string>) {
    this.series = series;
    this.flaws = flaws;
    this.#bad = bad;
  }

  /** @param snapshots - All whose files count. */
  static async look(series: Series, snapshots: readonly Snapshot[]): Promise<FilesThere> {
    const { found } = await lookOver(series, snapshots);
    const { flaws } = await readDamage(series);
    const rotten = [...flaws].flatMap(([place, { kind }]) => (kind === 'content' ? [place] : []));
    const there = new FilesThere(series, flaws, new Set([...found.keys(), ...rotten]));
    for (const { name, info } of snapshots)
      for (const file of sharedFiles(info)) there.#add(file, placeOf(name, file));
    return there;
  }

  /** Whether the file at a place is missing, or known to be damaged. */
  isBad(place: string): boolean {
    return this.#bad.has(place);
  }

  /** The places of all that are. */
  bad(): readonly string[] {
    return [...this.#bad];
  }

  /** The places of those that were, and have turned out to be whole or become so. */
  healed(): ReadonlySet<string> {
    return this.#healed;
  }

  /** Where there is a whole file with the content and the name of `file`. */
  find(file: FileInfo): string | undefined {
    return this.#places.get(idOf(file));
  }

  /** The same, to be read. */
  fileAt(file: FileInfo): FileThere | undefined {
    const place = this.find(file);
    const { series } = this;
    return place === undefined ? undefined : { ...file, series, key: series.key(place) };
  }

  /** From now on `file` is whole at `place`. */
  add(file: FileInfo, place: string): void {
    if (this.#bad.delete(place)) this.#healed.add(place);
    this.#add(file, place);
  }

  /** It turned out not to be. */
  drop(file: FileInfo): void {
    const place = this.find(file);
    if (place !== undefined) this.#bad.add(place);
    this.#places.delete(idOf(file));
  }

  #add(file: FileInfo, place: string): void {
    if (!this.#bad.has(place) && !this.#places.has(idOf(file))) this.#places.set(idOf(file), place);
  }
}

function idOf(file: FileInfo): string {
  return `${file.sha256} ${baseOf(file)}`;
}
