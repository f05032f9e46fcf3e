// What there is to verify in a series.
import { DamagedError, type SnapshotError } from '../../base/errors.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import type { StoreItem } from '../../store/store.ts';

/** A snapshot whose info.json cannot be read. */
export interface Unreadable {
  readonly name: string;
  readonly what: string;
}

export interface VerifySurvey {
  /** Oldest first. */
  readonly snapshots: readonly Snapshot[];
  readonly unreadable: readonly Unreadable[];
  /** Left by runs that were cut short. */
  readonly unfinished: readonly string[];
  /** The same, or let go by rotation, with something in it that snapshots need. */
  readonly kept: readonly string[];
}

/** Files of a series by their keys; each folder is listed once. */
export class Files {
  readonly #series: Series;
  readonly #folders = new Map<string, Promise<ReadonlyMap<string, StoreItem>>>();

  constructor(series: Series) {
    this.#series = series;
  }

  /** The file at `key`; undefined when there is none. */
  async find(key: string): Promise<StoreItem | undefined> {
    const slash = key.lastIndexOf('/');
    const item = (await this.#list(key.slice(0, slash))).get(key.slice(slash + 1));
    return item?.isFile === true ? item : undefined;
  }

  async #list(folder: string): Promise<ReadonlyMap<string, StoreItem>> {
    const known = this.#folders.get(folder);
    if (known !== undefined) return await known;
    const items = this.#series.store
      .list(folder)
      .then((list) => new Map(list.map((item) => [item.name, item])));
    this.#folders.set(folder, items);
    return await items;
  }
}

/**
 * Finds the snapshots of a series, those that have lost their info.json included.
 *
 * @param named - A folder that is a snapshot, whatever it looks like: the user says so.
 */
export async function surveyAll(series: Series, named: string | undefined): Promise<VerifySurvey> {
  const { snapshots, unfinished, kept, damaged } = await series.survey();
  const unreadable = damaged.map(({ name, error }) => ({ name, what: whatOf(error) }));
  const isNamed = (name: string): boolean => name === named;
  for (const name of [...unfinished, ...kept].filter(isNamed)) unreadable.push({ name, what: 'is missing' });
  return {
    snapshots,
    unreadable: unreadable.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    unfinished: unfinished.filter((name) => !isNamed(name)),
    kept: kept.filter((name) => !isNamed(name)),
  };
}

/** What is wrong, without the name of the file. */
export function whatOf(error: SnapshotError): string {
  return error instanceof DamagedError ? error.what : error.message;
}

/** Messages of readers begin with the name of the file, which is said already. */
export function withoutFile(message: string): string {
  return message.replace(/^"[^"]*" (?:is damaged: )?/, '');
}
