// Where paths are in the snapshots of a series, and which of their versions differ.
import { SnapshotError } from '../../base/errors.ts';
import { ordered } from '../../base/ordered.ts';
import { PathLines } from '../../series/index/path-lines.ts';
import type { IndexEntry } from '../../series/index/index-line.ts';
import type { FileInfo } from '../../series/info.ts';
import { placeOf } from '../../series/damage/damage.ts';
import { findLostContents } from '../../series/damage/lost-contents.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import { REQUESTS_AT_ONCE } from '../../store/store.ts';
import { Globs } from '../../tree/globs.ts';
import { type BytePath, comparePaths } from '../../tree/path.ts';

/** What a path was in one snapshot or in several that follow each other. */
export interface Stay {
  /** From 1, the oldest. The same content again is the same version again. */
  readonly version: number;
  /** The path as the first of the snapshots has it. */
  readonly item: IndexEntry;
  /** Names, oldest first. */
  readonly snapshots: readonly string[];
  /** No archive has its content any more, as far as is known. */
  readonly isLost: boolean;
}

/** A path that matches, and where it is. */
export interface FoundPath {
  readonly path: BytePath;
  /** Oldest first. */
  readonly stays: readonly Stay[];
}

export interface FoundInSeries {
  readonly series: Series;
  /** In path order. */
  readonly paths: readonly FoundPath[];
  /** When each snapshot was taken, by its name. */
  readonly times: ReadonlyMap<string, Date>;
  /** What could not be looked into, and why. */
  readonly damaged: readonly SnapshotError[];
}

/** Looks for `globs` in all snapshots of `series`. Each index is read once, however many snapshots share it. */
export async function findInSeries(series: Series, globs: readonly string[]): Promise<FoundInSeries> {
  const { snapshots, damaged } = await series.survey();
  const errors = damaged.map(({ error }) => error);
  const finder = new Finder(series, new Globs(globs));
  const paths = new Map<BytePath, Stays>();
  // On a disk it is the work of one thread; far away, most of the time is waiting for answers.
  const atOnce = series.store.files === undefined ? REQUESTS_AT_ONCE : 1;
  const looks = ordered(snapshots.entries(), atOnce, async ([i, snapshot]) => ({
    i,
    name: snapshot.name,
    found: await finder.entriesOf(snapshot).catch(damageOf),
  }));
  for await (const { i, name, found } of looks) {
    if (found instanceof SnapshotError) {
      errors.push(found);
      continue;
    }
    for (const [path, item] of found) {
      const stays = paths.get(path) ?? new Stays();
      paths.set(path, stays);
      stays.add(item, name, i);
    }
  }
  const sorted = [...paths].toSorted(([a], [b]) => comparePaths(a, b));
  const places = archivesWith(
    sorted.flatMap(([, { list }]) => list),
    snapshots,
  );
  const lost = await findLostContents(series, snapshots, places);
  if (lost.trouble !== undefined) errors.push(new SnapshotError('E_DAMAGED', lost.trouble));
  const times = new Map(snapshots.map(({ name, at }) => [name, at]));
  return {
    series,
    paths: sorted.map(([path, { list }]) => ({
      path,
      stays: list.map((stay) => ({ ...stay, isLost: lost.has(stay.item.hash) })),
    })),
    times,
    damaged: errors,
  };
}

/** What is damaged is named; any other error ends it. */
function damageOf(error: unknown): SnapshotError {
  if (error instanceof SnapshotError && error.code === 'E_DAMAGED') return error;
  throw error;
}

/** The places of the archives that hold what was found, where each was seen first. */
function archivesWith(
  stays: Iterable<Pick<Stay, 'item' | 'snapshots'>>,
  snapshots: readonly Snapshot[],
): ReadonlySet<string> {
  const placesOf = new Map(
    snapshots.map(({ name, info }) => [
      name,
      new Map(info.archives.map((archive) => [archive.number, placeOf(name, archive)])),
    ]),
  );
  const places = new Set<string>();
  for (const {
    item,
    snapshots: [name = ''],
  } of stays) {
    const place = item.at && placesOf.get(name)?.get(item.at[0]);
    if (place !== undefined) places.add(place);
  }
  return places;
}

/** The lines of one file that match; null says that the path is gone. */
type Matches = ReadonlyMap<BytePath, IndexEntry | null>;

/** Reads each index and each file of changes once. */
class Finder {
  readonly #series: Series;
  readonly #globs: Globs;
  /** By the SHA-256 of the file. */
  readonly #known = new Map<string, Promise<Matches>>();

  constructor(series: Series, globs: Globs) {
    this.#series = series;
    this.#globs = globs;
  }

  /** @throws E_DAMAGED */
  async entriesOf({ name, info }: Snapshot): Promise<ReadonlyMap<BytePath, IndexEntry>> {
    const entries = new Map<BytePath, IndexEntry>();
    const ofChanges = info.changes === null ? undefined : this.#matchesOnce(name, info.changes, true);
    // It is awaited in its turn.
    ofChanges?.catch(() => {});
    for (const [path, item] of await this.#matchesOnce(name, info.index, false)) {
      if (item !== null) entries.set(path, item);
    }
    for (const [path, item] of (await ofChanges) ?? []) {
      if (item === null) entries.delete(path);
      else entries.set(path, item);
    }
    return entries;
  }

  async #matchesOnce(snapshot: string, file: FileInfo, keepsGone: boolean): Promise<Matches> {
    const read = async (): Promise<Matches> => await this.#matchesIn(snapshot, file, keepsGone);
    // Where one is damaged, another snapshot may have a copy of its own that is not.
    const known = this.#known.get(file.sha256)?.catch(async (error: unknown) => {
      damageOf(error);
      return await read();
    });
    const matches = known ?? read();
    this.#known.set(file.sha256, matches);
    return await matches;
  }

  /** @param keepsGone - Whether paths that match no more are told as well. */
  async #matchesIn(snapshot: string, file: FileInfo, keepsGone: boolean): Promise<Matches> {
    const lines = new PathLines(await this.#series.lines(snapshot, file));
    const matches = new Map<BytePath, IndexEntry | null>();
    for (; lines.path !== undefined; lines.skip()) {
      const { path } = lines;
      if (path === '' || !this.#globs.mayMatch(path)) continue;
      const parsed = lines.parse();
      const isFound =
        typeof parsed !== 'string' && this.#globs.matches(parsed.entry.path, parsed.entry.type === 'folder');
      if (isFound) matches.set(path, parsed);
      // In the changes, what was a folder and is a file now is not what the index has any more.
      else if (keepsGone) matches.set(path, null);
    }
    return matches;
  }
}

class Stays {
  readonly list: { version: number; item: IndexEntry; snapshots: string[] }[] = [];
  readonly #versions = new Map<string, number>();
  #last = -1;

  /** @param i - Number of the snapshot: a gap is a time in which the path was not there. */
  add(item: IndexEntry, snapshot: string, i: number): void {
    const content = contentOf(item);
    const version = this.#versions.get(content) ?? this.#versions.size + 1;
    this.#versions.set(content, version);
    const last = this.list.at(-1);
    if (last?.version === version && this.#last === i - 1) last.snapshots.push(snapshot);
    else this.list.push({ version, item, snapshots: [snapshot] });
    this.#last = i;
  }
}

/** What makes a version: type, and content or target. Times and modes do not. */
function contentOf({ entry, hash }: IndexEntry): string {
  if (entry.type === 'file') return `file ${Buffer.from(hash ?? []).toString('hex')}`;
  return entry.type === 'link' ? `link ${entry.target}` : 'folder';
}
