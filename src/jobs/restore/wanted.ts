import { isSparse } from '../../format/sparse.ts';
import { BARE, sameAttributes } from '../../base/attributes.ts';
import { formatOf } from '../../base/archive-format.ts';
import { groupId, userId } from '../../host/users.ts';
import type { EntryLines } from '../../series/index/entry-lines.ts';
import type { IndexEntry } from '../../series/index/index-line.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import type { Entry } from '../../tree/entry.ts';
import { EntryTable } from '../../tree/entry-table.ts';
import type { BytePath } from '../../tree/path.ts';
import { type ArchiveFile, Places } from '../../unpack/places.ts';
import type { Choice } from './choice.ts';

/** Which paths are wanted; see {@link Choice}. */
export type Choosing = Pick<Choice, 'isAll' | 'mayHave' | 'has'>;

/**
 * Whose files are: of the user and group that are called so on this machine, which only its administrator can give files to,
 * or by the numbers in the snapshot.
 */
export type Owners = 'here' | 'as noted';

/** What is to be restored, and where its content lies. */
export class Wanted {
  /** In path order. */
  readonly entries: EntryTable = new EntryTable();
  readonly places: Places = new Places();
  /** Folders that nobody asked for, above what was asked for. */
  readonly implied: Set<number> = new Set();
  /** Files that are further names of another one here, by number. */
  readonly names: Map<number, number> = new Map();
  /** What users and groups are called, by the numbers in the snapshot. */
  readonly users: Map<number, string> = new Map();
  readonly groups: Map<number, string> = new Map();
  readonly #archives: ReadonlyMap<number, ArchiveFile>;
  /** What lies above the entry at work and is not among the entries, outermost first; most is never parsed. */
  readonly #above: { readonly path: BytePath; readonly parse: () => IndexEntry }[] = [];
  /** The first one here of each file with several names. */
  readonly #firsts = new Map<BytePath, number>();
  readonly #isMapped: boolean;
  readonly #knowsAttributes: boolean;

  /** @param knowsAttributes - Whether an entry without extended attributes has none. */
  constructor(
    archives: ReadonlyMap<number, ArchiveFile>,
    owners: Owners = 'here',
    knowsAttributes: boolean = false,
  ) {
    this.#archives = archives;
    this.#knowsAttributes = knowsAttributes;
    this.#isMapped = owners === 'here' && process.geteuid?.() === 0;
  }

  /** Reads the index of `snapshot`. @throws E_DAMAGED */
  static async read(
    series: Series,
    snapshot: Snapshot,
    choice: Choosing,
    signal: AbortSignal,
    owners: Owners = 'here',
  ): Promise<Wanted> {
    const wanted = new Wanted(archivesOf(series, snapshot), owners, snapshot.info.attributes);
    const lines = await series.entryLines(snapshot);
    for (; lines.path !== undefined; lines.skip()) {
      signal.throwIfAborted();
      wanted.#look(lines.path, lines, choice);
    }
    return wanted;
  }

  /** About how many bytes file `i` takes once it is written; of one with holes, at least. */
  takes(i: number): number {
    const { skip, length } = this.places.place(i);
    return isSparse(skip) ? length : this.entries.size(i);
  }

  #look(path: BytePath, lines: EntryLines, choice: Choosing): void {
    while (!isWithin(path, this.#above.at(-1)?.path ?? '')) this.#above.pop();
    const isPossible = choice.isAll || (path !== '' && choice.mayHave(path));
    const item = isPossible ? lines.parse() : undefined;
    if (item === undefined || !choice.has(path, item.entry.type === 'folder')) {
      this.#above.push({ path, parse: lines.later() });
      return;
    }
    for (const { parse } of this.#above.splice(0)) {
      const folder = parse();
      if (folder.entry.type === 'folder') this.implied.add(this.#push(folder));
    }
    this.#push(item);
  }

  #push({ entry: said, user, group, hash, at }: IndexEntry): number {
    const i = this.entries.length;
    const attributes = said.attributes === BARE || this.#knowsAttributes ? '' : undefined;
    const entry = { ...said, attributes: sameAttributes(said.attributes, '') ? attributes : said.attributes };
    this.entries.push(this.#isMapped ? withOwner(entry, user, group) : entry);
    if (user !== undefined) this.users.set(entry.uid, user);
    if (group !== undefined) this.groups.set(entry.gid, group);
    if (hash === undefined || at === undefined) return i;
    this.entries.setHash(i, hash);
    const [number, offset, length, skip] = at;
    const archive = this.#archives.get(number);
    if (archive !== undefined) this.places.set(i, archive, { offset, length, skip });
    this.#name(i, entry, hash);
    return i;
  }

  /** Notes which file entry `i` is a further name of; one that has other content is a file of its own. */
  #name(i: number, { hardlink, path, size }: Entry, hash: Uint8Array): void {
    const file = hardlink ?? path;
    const first = this.#firsts.get(file);
    if (hardlink === undefined || first === undefined) {
      if (first === undefined) this.#firsts.set(file, i);
      return;
    }
    const other = this.entries.hash(first);
    const isSame = other !== undefined && Buffer.compare(other, hash) === 0;
    if (isSame && this.entries.size(first) === size) this.names.set(i, first);
  }
}

function isWithin(path: BytePath, folder: string): boolean {
  return folder === '' || path.startsWith(`${folder}/`);
}

/** The same user and group as there, by name, as tar does it: numbers differ between machines. */
function withOwner(entry: Entry, user: string | undefined, group: string | undefined): Entry {
  const uid = user === undefined ? undefined : userId(user);
  const gid = group === undefined ? undefined : groupId(group);
  return { ...entry, uid: uid ?? entry.uid, gid: gid ?? entry.gid };
}

/** The archives that `snapshot` names, by what its index calls them. */
export function archivesOf(series: Series, { name, info }: Snapshot): ReadonlyMap<number, ArchiveFile> {
  return new Map(
    info.archives.map((archive) => {
      const format = formatOf(archive.file) ?? 'tar.zst';
      return [archive.number, { key: series.keyOf(name, archive), format }];
    }),
  );
}
