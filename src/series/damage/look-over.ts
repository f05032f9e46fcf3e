// Is everything there that the snapshots of a series need? By names and sizes only: one list of each folder.
import { ordered } from '../../base/ordered.ts';
import { REQUESTS_AT_ONCE, type StoreItem } from '../../store/store.ts';
import { type Found, folderOf, placeOf } from './damage.ts';
import { RESTORE_FILE, SUMS_FILE } from '../names.ts';
import type { Series, Snapshot, Survey } from '../series.ts';

export interface Looked {
  /** Files that are missing, or of another size, by their places. */
  readonly found: ReadonlyMap<string, Found>;
  /** All others, and what makes two of them one file, where that is known. */
  readonly inPlace: ReadonlyMap<string, string | undefined>;
}

/**
 * Looks over all files that `snapshots` name.
 *
 * @param isAsked - Whether a place is to be looked at; all of them without it.
 * @throws {@link SnapshotError} `E_STORE`
 */
export async function lookOver(
  series: Series,
  snapshots: readonly Snapshot[],
  isAsked: (place: string) => boolean = () => true,
): Promise<Looked> {
  const found = new Map<string, Found>();
  const inPlace = new Map<string, string | undefined>();
  const files = snapshots
    .flatMap(({ name, info }) =>
      filesOf(info).map((file) => ({ place: placeOf(name, file), bytes: file.bytes })),
    )
    .filter(({ place }) => isAsked(place));
  const folders = await listFolders(series, new Set(files.map(({ place }) => folderOf(place))));
  for (const { place, bytes } of files) {
    const folder = folderOf(place);
    const item = folders.get(folder)?.get(place.slice(folder.length + 1));
    if (item?.isFile !== true) found.set(place, { kind: 'missing', what: 'is missing', contents: null });
    else if (bytes !== undefined && item.sizeBytes !== bytes) {
      const what = `has ${item.sizeBytes} bytes, not ${bytes}`;
      found.set(place, { kind: 'size', what, contents: null });
    } else if (!found.has(place)) inPlace.set(place, item.identity);
  }
  for (const place of found.keys()) inPlace.delete(place);
  return { found, inPlace };
}

type Items = ReadonlyMap<string, StoreItem>;

/** What lies in each folder. */
async function listFolders(series: Series, names: Iterable<string>): Promise<ReadonlyMap<string, Items>> {
  const folders = new Map<string, Items>();
  const lists = ordered(names, REQUESTS_AT_ONCE, async (name) => ({
    name,
    items: await series.store.list(series.key(name)),
  }));
  for await (const { name, items } of lists)
    folders.set(name, new Map(items.map((item) => [item.name, item])));
  return folders;
}

/** A file that a snapshot names; what it does not know of RESTORE.txt and SHA256SUMS is undefined. */
export interface NamedFile {
  readonly file: string;
  readonly bytes?: number | undefined;
  readonly sha256?: string | undefined;
}

/** All files of a snapshot but info.json, which was read. */
export function filesOf({ archives, index, changes, dead }: Snapshot['info']): readonly NamedFile[] {
  const lines = [index, changes, dead].filter((file) => file !== null);
  return [...archives, ...lines, { file: SUMS_FILE }, { file: RESTORE_FILE }];
}

/** Whether a place belongs to a snapshot; where info.json cannot be read, everything in the folder may. */
export function namedBy(
  snapshots: readonly Snapshot[],
  { damaged, unfinished }: Pick<Survey, 'damaged' | 'unfinished'>,
): (place: string) => boolean {
  const places = new Set(snapshots.flatMap(placesOf));
  const folders = new Set([...[...snapshots, ...damaged].map(({ name }) => name), ...unfinished]);
  return (place) => places.has(place) || folders.has(folderOf(place));
}

/** The places of its archives and of the files of its lines. */
export function placesOf({ name, info }: Snapshot): readonly string[] {
  return [...info.archives, info.index, info.changes, info.dead].flatMap((file) =>
    file === null ? [] : [placeOf(name, file)],
  );
}
