// What a snapshot's index says: is it possible, and is it what info.json says?
import { formatOf } from '../../base/archive-format.ts';
import type { PieceTable } from '../../check/piece-table.ts';
import { loadBlake3 } from '../../hash/blake3.ts';
import type { IndexEntry } from '../../series/index/index-line.ts';
import { folderKey } from '../../series/info.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import { type BytePath, comparePaths, display, parentOf } from '../../tree/path.ts';
import { type HashedEntry, treeHash } from '../../tree/tree-hash.ts';
import type { NamedArchive } from './checked-archive.ts';

interface Use {
  entries: number;
  liveBytes: number;
  /** Whether it cannot be told how often a place counts. */
  isVague: boolean;
}

/** Goes through the index of one snapshot. */
export class IndexCheck {
  readonly #series: Series;
  readonly #snapshot: Snapshot;
  readonly #archives: ReadonlyMap<number, NamedArchive>;
  readonly #round: number;
  readonly #say: (what: string) => void;
  readonly #count = { files: 0, folders: 0, links: 0 };
  readonly #uses = new Map<number, Use>();
  /** The number of the first archive that has each table. */
  readonly #tables = new Map<PieceTable, number>();
  /** Slots of the others that have come up. */
  readonly #twins = new Map<number, Set<number>>();
  readonly #further = new Map<BytePath, IndexEntry>();
  /** The folders that the entry at work lies in. */
  readonly #folders: BytePath[] = [];
  #bytes = 0;
  #isFirst = true;

  /**
   * @param archives - Those of the snapshot, by number; what they should hold is added to them.
   * @param round - Another one for each snapshot, from 1.
   * @param say - Told what is wrong.
   */
  constructor(
    series: Series,
    snapshot: Snapshot,
    archives: ReadonlyMap<number, NamedArchive>,
    round: number,
    say: (what: string) => void,
  ) {
    this.#series = series;
    this.#snapshot = snapshot;
    this.#archives = archives;
    this.#round = round;
    this.#say = say;
  }

  /**
   * @param sayInfo - Told where info.json says something else.
   * @throws {@link SnapshotError} `E_DAMAGED` when the index cannot be read to its end.
   */
  async run(sayInfo: (what: string) => void): Promise<void> {
    const { info } = this.#snapshot;
    const blake3 = await loadBlake3();
    const hashOf = (bytes: Uint8Array): string => Buffer.from(blake3.hash(bytes)).toString('hex');
    const { tree, folders } = treeHash(this.#seen(await this.#series.entries(this.#snapshot)), hashOf);
    for await (const { path, size, hash, at } of this.#series.dead(this.#snapshot)) {
      this.#place(path, size, hash, at);
    }
    await this.#checkFurther();
    if (tree !== info.hash.tree) sayInfo('its tree hash is not that of the index');
    const found = new Map([...folders].map(([path, hash]) => [folderKey(path), hash]));
    const said = Object.entries(info.hash.folders);
    if (said.length !== found.size || said.some(([path, hash]) => found.get(path) !== hash)) {
      sayInfo('its hashes of folders are not those of the index');
    }
    this.#compareCounts(sayInfo);
  }

  *#seen(items: Iterable<IndexEntry>): Generator<HashedEntry> {
    for (const item of items) {
      this.#see(item);
      const { entry, hash } = item;
      yield { entry, hash: hash === undefined ? undefined : Buffer.from(hash).toString('hex') };
    }
  }

  #see(item: IndexEntry): void {
    const { entry, hash, at } = item;
    const { path, type, size, hardlink } = entry;
    const isRoot = path === '';
    if (isRoot ? !this.#isFirst || type !== 'folder' : !this.#isBelowFolder(path)) {
      this.#say(`\`${display(path)}\` is in no folder of the index`);
    }
    this.#isFirst = false;
    if (type === 'folder' && !isRoot) this.#folders.push(path);
    if (!isRoot) this.#count[`${type}s`]++;
    if (type !== 'file' || hash === undefined || at === undefined) return;
    if (hardlink === undefined) this.#bytes += size;
    else if (comparePaths(hardlink, path) < 0) this.#further.set(path, item);
    else this.#say(`\`${display(path)}\` is a further name of what comes later`);
    const slot = this.#place(path, size, hash, at);
    const named = this.#archives.get(at[0]);
    if (slot === undefined || named === undefined) return;
    const use = this.#uses.get(at[0]) ?? { entries: 0, liveBytes: 0, isVague: false };
    this.#uses.set(at[0], use);
    if (this.#isNew(at[0], named.archive.pieces, slot)) {
      use.entries++;
      use.liveBytes += size;
    } else if (item.kept !== undefined) use.isVague = true;
  }

  /** Whether a place in archive `number` comes up for the first time. */
  #isNew(number: number, pieces: PieceTable, slot: number): boolean {
    const first = this.#tables.get(pieces) ?? number;
    this.#tables.set(pieces, first);
    if (first === number) return pieces.touch(slot, this.#round);
    // Two archives that are the same byte by byte, as when one was missing for a while, have one table.
    const seen = this.#twins.get(number) ?? new Set();
    this.#twins.set(number, seen);
    const isNew = !seen.has(slot);
    seen.add(slot);
    return isNew;
  }

  /** Whether the folder of `path` is an entry; folders that are done with are left behind. */
  #isBelowFolder(path: BytePath): boolean {
    const parent = parentOf(path);
    while (this.#folders.length > 0 && this.#folders.at(-1) !== parent) this.#folders.pop();
    return parent === '' || this.#folders.length > 0;
  }

  /** Takes a place that content is said to have. @returns Its slot, when it is possible. */
  #place(path: BytePath, size: number, hash: Uint8Array, at: IndexEntry['at']): number | undefined {
    const [number = 0, offset = 0, length = 0, skip = 0] = at ?? [];
    const named = this.#archives.get(number);
    if (named === undefined) {
      this.#say(`\`${display(path)}\` lies in archive ${number}, which info.json does not know`);
      return undefined;
    }
    const { archive, info } = named;
    const isZip = formatOf(info.file) === 'zip';
    if (length === 0 || offset + length > info.bytes || (isZip && skip !== 0)) {
      this.#say(
        `\`${display(path)}\` has the impossible place [${[number, offset, length, skip].join(',')}]`,
      );
      return undefined;
    }
    return archive.pieces.add({ offset, length, skip, size, hash });
  }

  /** Further names of a file must be those of one, with the same content. */
  async #checkFurther(): Promise<void> {
    if (this.#further.size === 0) return;
    const wanted = new Set([...this.#further.values()].map(({ entry }) => entry.hardlink));
    const firsts = new Map<BytePath, IndexEntry>();
    const lines = await this.#series.entryLines(this.#snapshot);
    for (; lines.path !== undefined; lines.skip())
      if (wanted.has(lines.path)) firsts.set(lines.path, lines.parse());
    for (const [path, { entry, hash }] of this.#further) {
      const first = firsts.get(entry.hardlink ?? path);
      const isSame =
        first?.hash !== undefined && hash !== undefined && Buffer.compare(first.hash, hash) === 0;
      if (!isSame || first.entry.hardlink !== undefined || first.entry.size !== entry.size) {
        this.#say(`\`${display(path)}\` is no further name of \`${display(entry.hardlink ?? path)}\``);
      }
    }
  }

  #compareCounts(sayInfo: (what: string) => void): void {
    const { info } = this.#snapshot;
    for (const kind of ['files', 'folders', 'links'] as const) {
      const [said, found] = [info.count[kind], this.#count[kind]];
      if (said !== found) sayInfo(`it counts ${said} ${kind}, and the index has ${found}`);
    }
    if (info.bytes !== this.#bytes) {
      sayInfo(`it says ${info.bytes} bytes, and the files of the index have ${this.#bytes}`);
    }
    for (const { number, file, entries, liveBytes } of info.archives) {
      const use = this.#uses.get(number) ?? { entries: 0, liveBytes: 0, isVague: false };
      if (use.isVague || (use.entries === entries && use.liveBytes === liveBytes)) continue;
      sayInfo(
        `it says ${entries} files of ${liveBytes} bytes in ${file}, and the index has ${use.entries} of ${use.liveBytes}`,
      );
    }
  }
}
