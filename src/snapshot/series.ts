import { SnapshotError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { EntryLines } from './entry-lines.ts';
import { IndexCursor } from './index-cursor.ts';
import { type DeadMember, type IndexEntry, parseDead, parseLine } from './index-line.ts';
import { type FileInfo, type Info, parseInfo } from './info.ts';
import { LineReader } from './lines.ts';
import { INFO_FILE, isContentArchive, isOurs, snapshotTime, SUMS_FILE } from './names.ts';

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
  /** What has the name of a snapshot and is no folder: a link could lead anywhere. It is left alone. */
  readonly foreign: readonly string[];
}

/** Why a snapshot's folder is still there after {@link Series.remove}. */
export interface Left {
  readonly foreign: readonly string[];
  readonly shared: readonly string[];
}

/** Room is made for so many files at once; what info.json claims beyond that has to come first. */
const MOST_EXPECTED = 4_000_000;

/** No info.json is that large. */
const MAX_INFO_BYTES = 256 * 1024 * 1024;

/** A file that lies in the folder of one snapshot, and is named by others: `SNAPSHOT/NAME`. */
type FilePlace = string;

/**
 * Files that some snapshot names although they lie in the folder of another: where hard links are not
 * possible, that is how archives are shared.
 */
function namedElsewhere(snapshots: readonly Snapshot[]): ReadonlySet<FilePlace> {
  const files = snapshots.flatMap(({ info }) => [info.index, info.changes, info.dead, ...info.archives]);
  return new Set(files.flatMap((file) => (file?.file.includes('/') === true ? [file.file] : [])));
}

/** The content that a line of the index tells of. In a tar, a further name of a file has none of its own. */
function memberOf(lines: LineReader, isZip: boolean): DeadMember | undefined {
  const { entry, hash, at, member } = parseLine(lines.line(), lines.where);
  if (hash === undefined || at === undefined || (entry.hardlink !== undefined && !isZip)) return undefined;
  return { path: member ?? entry.path, size: entry.size, hash, at };
}

/** All snapshots of one row: the folder `DESTINATION/NAME`. */
export class Series {
  readonly store: Store;
  readonly name: string;
  /** Found out when the first file is shared. */
  #canLink = true;

  constructor(store: Store, name: string) {
    this.store = store;
    this.name = name;
  }

  /** Archives with content that a run which was cut short has finished, oldest first. */
  async finished(snapshot: string): Promise<readonly string[]> {
    const items = await this.store.list(this.key(snapshot));
    const names = items.flatMap(({ name, isFile }) =>
      isFile && isContentArchive(name, this.name, snapshot) ? [name] : [],
    );
    // `-2` and `-10` count from the second on; the first one's name is the shortest.
    return names.toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1));
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
    const foreign: string[] = [];
    for (const { name, isFolder } of await this.store.list(this.name)) {
      const at = snapshotTime(name);
      if (at === undefined) continue;
      if (!isFolder) {
        foreign.push(name);
        continue;
      }
      const text = await this.store.read(this.key(name, INFO_FILE));
      if (text === undefined) {
        unfinished.push(name);
        continue;
      }
      try {
        const where = this.place(name, INFO_FILE);
        if (text.length > MAX_INFO_BYTES) throw new SnapshotError('E_DAMAGED', `"${where}" is far too large`);
        snapshots.push({ name, at, info: parseInfo(text.toString('utf8'), where) });
      } catch (error) {
        if (!(error instanceof SnapshotError)) throw error;
        damaged.push({ name, error });
      }
    }
    return { snapshots, unfinished, damaged, foreign };
  }

  /** The entries of `snapshot`, in path order, to be compared with a tree. @throws E_DAMAGED, also from the cursor. */
  async index(snapshot: Snapshot): Promise<IndexCursor> {
    const files = Math.min(snapshot.info.count.files, MOST_EXPECTED);
    return new IndexCursor(...(await this.#layers(snapshot)), files);
  }

  /** As {@link index}, for who only wants to see each entry once. @throws E_DAMAGED, also on the way. */
  async entries(snapshot: Snapshot): Promise<Iterable<IndexEntry>> {
    return new IndexCursor(...(await this.#layers(snapshot))).entries();
  }

  /** The same entries, for those who want to know more of few of them only. @throws E_DAMAGED */
  async entryLines(snapshot: Snapshot): Promise<EntryLines> {
    return new EntryLines(...(await this.#layers(snapshot)));
  }

  /** The index that `snapshot` names, and what differs from it. */
  async #layers({ name, info }: Snapshot): Promise<[index: LineReader, changes: LineReader | undefined]> {
    const index = await this.lines(name, info.index);
    return [index, info.changes === null ? undefined : await this.lines(name, info.changes)];
  }

  /** What the archives of `snapshot` hold that none of its entries has. @throws E_DAMAGED */
  async *dead({ name, info }: Snapshot): AsyncGenerator<DeadMember> {
    if (info.dead === null) return;
    const lines = await this.lines(name, info.dead);
    for (; lines.hasLine(); lines.at = lines.end() + 1) yield parseDead(lines.line(), lines.where);
  }

  /**
   * All content in those archives of `snapshot`, by number, live or dead; some of it more than once.
   *
   * @throws E_DAMAGED
   */
  async *contentsOf({ name, info }: Snapshot, archives: ReadonlySet<number>): AsyncGenerator<DeadMember> {
    // Most lines are about other archives, and need not be parsed.
    const places = [...archives].map((number) => `"at":[${number},`);
    for (const file of [info.index, info.changes, info.dead]) {
      if (file === null) continue;
      const lines = await this.lines(name, file);
      for (; lines.hasLine(); lines.at = lines.end() + 1) {
        const text = lines.text.slice(lines.at, lines.end());
        if (!places.some((place) => text.includes(place))) continue;
        const member =
          file === info.dead ? parseDead(lines.line(), lines.where) : memberOf(lines, info.format === 'zip');
        if (member !== undefined && archives.has(member.at[0])) yield member;
      }
    }
  }

  /** Whether some snapshot names files that lie in the folder of another. */
  sharesByName(snapshots: readonly Snapshot[]): boolean {
    return namedElsewhere(snapshots).size > 0;
  }

  /** The key of a file that `snapshot` names. */
  keyOf(snapshot: string, { file }: Pick<FileInfo, 'file'>): string {
    return file.includes('/') ? this.key(file) : this.key(snapshot, file);
  }

  /**
   * Makes a file that the snapshot `from` names one of the snapshot `to` as well.
   *
   * @returns It, as `to` names it: by a hard link in its own folder, or by where it lies.
   */
  async share<T extends FileInfo>(from: string, file: T, to: string): Promise<T> {
    const key = this.keyOf(from, file);
    const name = key.slice(key.lastIndexOf('/') + 1);
    this.#canLink &&= await this.store.link(key, this.key(to, name));
    return { ...file, file: this.#canLink ? name : key.slice(this.name.length + 1) };
  }

  /**
   * Whether there is an info.json after all in a folder that {@link survey} took for unfinished: reading it has failed
   * in a way that looked as if it were not there.
   */
  async isFinished(name: string): Promise<boolean> {
    return (await this.store.list(this.key(name))).some((item) => item.name === INFO_FILE);
  }

  /**
   * Removes a snapshot or what there is of an unfinished one: info.json first, so that it is no snapshot any
   * more from the first moment on. Only files that this program writes are touched, and none that another
   * one of `snapshots` names.
   *
   * @returns Names of files that are not ours, and of those that are shared; because of them the folder stays.
   */
  async remove(snapshot: string, snapshots: readonly Snapshot[]): Promise<Left> {
    const named = namedElsewhere(snapshots.filter(({ name }) => name !== snapshot));
    const items = await this.store.list(this.key(snapshot));
    await this.store.remove(this.key(snapshot, INFO_FILE));
    const foreign: string[] = [];
    const shared: string[] = [];
    // SHA256SUMS next: with it, the folder looks like a snapshot that has lost its info.json.
    const sums = items.filter(({ name }) => name === SUMS_FILE);
    const others = items.filter(({ name }) => name !== SUMS_FILE);
    for (const { name, isFile } of [...sums, ...others]) {
      if (named.has(`${snapshot}/${name}`)) shared.push(name);
      else if (!isFile || !isOurs(name, this.name)) foreign.push(name);
      else await this.store.remove(this.key(snapshot, name));
    }
    const isEmpty = shared.length === 0 && foreign.length === 0;
    if (isEmpty && !(await this.store.removeFolder(this.key(snapshot)))) {
      foreign.push(...(await this.store.list(this.key(snapshot))).map(({ name }) => name));
    }
    return { foreign, shared };
  }

  /** The lines of a file that `snapshot` names. @throws E_DAMAGED when it is missing, or not what info.json says. */
  async lines(snapshot: string, file: FileInfo): Promise<LineReader> {
    const key = this.keyOf(snapshot, file);
    const where = [this.store.location, key].join('/');
    const bytes = await this.store.read(key);
    if (bytes === undefined) throw new SnapshotError('E_DAMAGED', `"${where}" is missing`);
    return LineReader.open(bytes, file.sha256, where);
  }
}
