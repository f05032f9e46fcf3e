import { placeIn } from '../base/address.ts';
import { DamagedError } from '../base/errors.ts';
import { loadDecompressor } from '../format/zstd/zstd.ts';
import { removeIfAllowed } from '../store/remove-if-allowed.ts';
import type { Store } from '../store/store.ts';
import { EntryLines } from './index/entry-lines.ts';
import { IndexCursor } from './index/index-cursor.ts';
import { type DeadMember, type IndexEntry, parseDead, parseLine } from './index/index-line.ts';
import { PathLines } from './index/path-lines.ts';
import type { FileInfo } from './info.ts';
import { LineReader } from './index/lines.ts';
import {
  archiveDate,
  INFO_FILE,
  isContentArchive,
  LET_GO_FILE,
  MIRROR_DATA,
  UNFINISHED_FILE,
} from './names.ts';
import type { BytePath } from '../tree/path.ts';
import { namesFor } from './former-names.ts';
import { type Left, removeFolder } from './removal.ts';
import {
  findState,
  mayNeedOthers,
  namedElsewhere,
  type Snapshot,
  type Survey,
  surveySeries,
} from './survey.ts';

export type { Snapshot, Survey } from './survey.ts';

/** Room is made for so many files at once; what info.json claims beyond that has to come first. */
const MOST_EXPECTED = 4_000_000;

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

  /**
   * Archives with content that a run which was cut short has finished, oldest first.
   *
   * @param date - The date in their names.
   */
  async finished(snapshot: string, date: string = snapshot): Promise<readonly string[]> {
    const items = await this.store.list(this.key(snapshot));
    const series = await namesFor(this, items);
    const names = items.flatMap(({ name, isFile }) =>
      isFile && isContentArchive(name, series, date) ? [name] : [],
    );
    // `-2` and `-10` count from the second on; the first one's name is the shortest.
    return names.toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1));
  }

  /** The dates in the names of all archives with content that lie in the folder of `snapshot`, the oldest first. */
  async archiveDates(snapshot: string): Promise<readonly string[]> {
    const items = await this.store.list(this.key(snapshot));
    const dates = items.flatMap(({ name }) => archiveDate(name) ?? []);
    return [...new Set(dates)].toSorted();
  }

  /** Whether it is a mirror's own folder, and holds no snapshots. */
  get isMirror(): boolean {
    return this.name.endsWith(`/${MIRROR_DATA}`);
  }

  /** Whether it is made of snapshots, and not of the files themselves. */
  get hasSnapshots(): boolean {
    return !this.isMirror;
  }

  /** What people call it: the name of its row. */
  get title(): string {
    return this.isMirror ? this.name.slice(0, -MIRROR_DATA.length - 1) : this.name;
  }

  /** The folder that people look into: of a mirror, that of the files themselves. */
  get home(): string {
    return this.isMirror ? this.place().slice(0, -MIRROR_DATA.length - 1) : this.place();
  }

  /** The key of `parts` below the series' folder. */
  key(...parts: readonly string[]): string {
    return [this.name, ...parts].join('/');
  }

  /** `parts` as a place, for people. */
  place(...parts: readonly string[]): string {
    const { folder, label } = this.store;
    const key = this.key(...parts);
    // The root of a disk has its slash already.
    return folder === undefined ? placeIn(label, key) : `${label.replace(/\/$/, '')}/${key}`;
  }

  /** @param now - What the clock says, to tell which clocks were wrong. */
  async survey(now: Date = new Date()): Promise<Survey> {
    return await surveySeries(this, now);
  }

  /** The entries of `snapshot`, in path order, to be compared with a tree. @throws E_DAMAGED, also from the cursor. */
  async index(snapshot: Snapshot): Promise<IndexCursor> {
    const files = Math.min(snapshot.info.count.files, MOST_EXPECTED);
    return new IndexCursor(...(await this.#layers(snapshot)), files);
  }

  /** As {@link index}, for who only wants to see each entry once. @throws E_DAMAGED, also on the way. */
  async entries(snapshot: Snapshot): Promise<Iterable<IndexEntry>> {
    return (await this.entryLines(snapshot)).entries();
  }

  /** The same entries, for those who want to know more of few of them only. @throws E_DAMAGED */
  async entryLines(snapshot: Snapshot): Promise<EntryLines> {
    return new EntryLines(...(await this.#layers(snapshot)));
  }

  /** The paths at which `snapshot` may differ from the index that it names, in path order. @throws E_DAMAGED, also on the way. */
  async changedPaths({ name, info }: Snapshot): Promise<Iterable<BytePath>> {
    return info.changes === null ? [] : new PathLines(await this.lines(name, info.changes)).paths();
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

  /**
   * Whether a damaged snapshot may need files that lie in the folders of others. Where hard links are possible, it has
   * all that it needs in its own.
   */
  async mayNeedOthers(survey: Pick<Survey, 'snapshots' | 'damaged'>): Promise<boolean> {
    return await mayNeedOthers(this, survey);
  }

  /** Whether some snapshot names files that lie in the folder of another. */
  sharesByName(snapshots: readonly Snapshot[]): boolean {
    return namedElsewhere(snapshots).size > 0;
  }

  /** The key of a file that `snapshot` names. */
  keyOf(snapshot: string, { file }: Pick<FileInfo, 'file'>): string {
    return file.includes('/') ? this.key(file) : this.key(snapshot, file);
  }

  /** The place of a file that `snapshot` names, for people. */
  placeOf(snapshot: string, { file }: Pick<FileInfo, 'file'>): string {
    return file.includes('/') ? this.place(file) : this.place(snapshot, file);
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
   * Begins the folder of a snapshot: from now on it says of itself that it is none yet.
   *
   * @param encrypt - Whom it is encrypted for.
   */
  async begin(snapshot: string, encrypt: readonly string[] = []): Promise<void> {
    // Where nothing is ever there in part, the marker alone says so until the end.
    const says = this.store.files === undefined ? `${['no info.json yet', ...encrypt].join('\n')}\n` : '';
    await this.store.put(this.key(snapshot, UNFINISHED_FILE), Buffer.from(says));
  }

  /** Whom an unfinished snapshot is encrypted for, as far as it says. */
  async begunFor(snapshot: string): Promise<readonly string[]> {
    const says = (await this.store.read(this.key(snapshot, UNFINISHED_FILE)))?.toString('utf8') ?? '';
    return says.split('\n').filter((line) => line.startsWith('age1'));
  }

  /**
   * Takes from a whole snapshot what says that it is none: a run, or a rotation, was cut short at that moment.
   *
   * @returns Whether it may; where nothing may be removed it stays, and says nothing beside info.json.
   */
  async settle(snapshot: string): Promise<boolean> {
    for (const { name, isFile } of await this.store.list(this.key(snapshot))) {
      const whole = name.replace(/\.part$/, '');
      const isMarker = whole === UNFINISHED_FILE || whole === LET_GO_FILE;
      if (isFile && isMarker && !(await removeIfAllowed(this.store, this.key(snapshot, name)))) return false;
    }
    return true;
  }

  /**
   * Removes what there is of a folder that {@link survey} took for unfinished or kept, as {@link remove} does.
   *
   * @returns Undefined when it does not look like that now: an answer of the store was wrong. Then nothing is removed.
   */
  async clear(name: string, snapshots: readonly Snapshot[]): Promise<Left | undefined> {
    const items = await this.store.list(this.key(name));
    if (items.some((item) => item.name === INFO_FILE)) return undefined;
    const state = await findState(this, name, items, snapshots);
    if (state === 'damaged') return undefined;
    if (state === 'needed') return { foreign: [], shared: items.map((item) => item.name) };
    return await removeFolder(this, name, items, snapshots);
  }

  /**
   * Removes a snapshot or what there is of an unfinished one: info.json first, so that it is no snapshot any
   * more from the first moment on. Only files that this program writes are touched, and none that another
   * one of `snapshots` names.
   *
   * @returns Names of files that are not ours, and of those that are shared; because of them the folder stays.
   */
  async remove(snapshot: string, snapshots: readonly Snapshot[]): Promise<Left> {
    return await removeFolder(this, snapshot, await this.store.list(this.key(snapshot)), snapshots);
  }

  /** The lines of a file that `snapshot` names. @throws E_DAMAGED when it is missing, or not what info.json says. */
  async lines(snapshot: string, file: FileInfo): Promise<LineReader> {
    const key = this.keyOf(snapshot, file);
    const where = this.placeOf(snapshot, file);
    const bytes = (await this.store.known?.(file.sha256)) ?? (await this.store.read(key));
    if (bytes === undefined) throw new DamagedError(where, 'is missing');
    return LineReader.open(bytes, file.sha256, where, await loadDecompressor(bytes.length));
  }
}
