// What there is to verify in a series.
import { SnapshotError } from '../../errors.ts';
import { INFO_PART, SUMS_FILE } from '../../snapshot/names.ts';
import type { Series, Snapshot } from '../../snapshot/series.ts';
import { parseSums } from '../../snapshot/sums.ts';
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
export async function surveyAll(
  series: Series,
  files: Files,
  named: string | undefined,
): Promise<VerifySurvey> {
  const { snapshots, unfinished, damaged } = await series.survey();
  const unreadable = damaged.map(({ name, error }) => ({ name, what: whatOf(error) }));
  const left: string[] = [];
  for (const name of unfinished) {
    const isLost = name === named || (await hasLostInfo(series, files, name));
    if (isLost) unreadable.push({ name, what: 'is missing' });
    else left.push(name);
  }
  return {
    snapshots,
    unreadable: unreadable.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    unfinished: left,
  };
}

/**
 * Whether a folder without info.json was a snapshot once. A run that was cut short has written no SHA256SUMS yet,
 * or has begun info.json; a rotation that was cut short has removed more than info.json: SHA256SUMS, or the archives, which come first in
 * some series.
 */
async function hasLostInfo(series: Series, files: Files, snapshot: string): Promise<boolean> {
  const text = await series.store.read(series.key(snapshot, SUMS_FILE));
  if (text === undefined) return false;
  if ((await files.find(series.key(snapshot, INFO_PART))) !== undefined) return false;
  try {
    const sums = parseSums(text.toString('utf8'), series.place(snapshot, SUMS_FILE));
    for (const file of sums.keys()) {
      if (
        /\.(?:tar\.zst|zip)$/.test(file) &&
        (await files.find(keyOf(series, snapshot, file))) === undefined
      ) {
        return false;
      }
    }
    return true;
  } catch (error) {
    // It is not what a run leaves either.
    if (error instanceof SnapshotError && error.code === 'E_DAMAGED') return true;
    throw error;
  }
}

/** The key of a file, by its place seen from the folder of `snapshot`. */
function keyOf(series: Series, snapshot: string, file: string): string {
  return file.startsWith('../') ? series.key(file.slice(3)) : series.key(snapshot, file);
}

/** What is wrong, without the name of the file. */
export function whatOf(error: SnapshotError): string {
  return withoutFile(error.message);
}

/** Messages of readers begin with the name of the file, which is said already. */
export function withoutFile(message: string): string {
  return message.replace(/^"[^"]*" (?:is damaged: )?/, '');
}
