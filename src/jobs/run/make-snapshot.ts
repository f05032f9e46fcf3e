// One snapshot: from a tree and what is stored of it already, to a dated folder that is whole.
import { canReadAttributes } from '../../pack/look-at-attributes.ts';
import { Packer } from '../../pack/pack.ts';
import type { Packed } from '../../pack/packed.ts';
import { commitSnapshot } from '../../series/commit.ts';
import type { Flaw } from '../../series/damage/damage.ts';
import type { IndexEntry } from '../../series/index/index-line.ts';
import type { Info } from '../../series/info.ts';
import { archiveName, treeArchiveName } from '../../series/names.ts';
import { NO_NUMBERS } from '../../series/order.ts';
import { restoreParts } from '../../series/script/restore-parts.ts';
import { restoreText } from '../../series/script/write-script.ts';
import { planUpkeep } from '../../series/upkeep.ts';
import type { Comparison } from '../../tree/compare.ts';
import { firstNames, shareContent } from '../../tree/hardlinks.ts';
import type { Entry } from '../../tree/entry.ts';
import type { BytePath } from '../../tree/path.ts';
import type { Tree } from '../../tree/scanner.ts';
import { archivesOf, flawed } from './archive-infos.ts';
import { unseen } from './carry-over.ts';
import { findStored, hasRoomFor, needRoom } from './find-stored.ts';
import { olderIndex } from './older-index.ts';
import type { Previous } from './previous.ts';
import { packedTree } from './packed-tree.ts';
import { type RowContext, type Totals, totalsOf } from './row-context.ts';
import type { NewNames } from './new-names.ts';
import { IndexLines, infoOf } from './row-snapshot.ts';
import type { Shelf } from './shelf.ts';
import type { Stored } from './stored.ts';
import { liveBytesOf, usesOf } from './use.ts';

/** A new snapshot. */
export interface Committed {
  readonly info: Info;
  readonly totals: Totals;
  /** Damaged archives that it shares for what can be had nowhere else, by their places. */
  readonly shared: ReadonlyMap<string, Flaw>;
}

export class SnapshotMaker {
  readonly #context: RowContext;
  readonly #previous: Previous;
  readonly #comparison: Comparison;
  readonly #tree: Tree;
  readonly #snapshot: string;
  readonly #names: NewNames;
  readonly #shelf: Shelf;
  readonly #stored: Stored;
  readonly #packer: Packer;
  readonly #firstNumber: number;
  /** Entries that are not in the snapshot. */
  readonly #missing = new Set<number>();
  #firstNames: ReadonlyMap<number, number>;

  private constructor(
    context: RowContext,
    previous: Previous,
    comparison: Comparison,
    tree: Tree,
    parts: { names: NewNames; shelf: Shelf; stored: Stored; packer: Packer; firstNumber: number },
  ) {
    this.#context = context;
    this.#previous = previous;
    this.#comparison = comparison;
    this.#tree = tree;
    this.#snapshot = parts.names.snapshot;
    this.#names = parts.names;
    this.#shelf = parts.shelf;
    this.#stored = parts.stored;
    this.#packer = parts.packer;
    this.#firstNumber = parts.firstNumber;
    this.#firstNames = firstNames(tree.entries);
  }

  /** Finds out what has to be written. @throws {@link SnapshotError} `E_GUARD` when there is no room for it. */
  static async begin(
    context: RowContext,
    previous: Previous,
    comparison: Comparison,
    tree: Tree,
    names: NewNames,
  ): Promise<SnapshotMaker> {
    const { row, series, options, report } = context;
    const { snapshot, archiveDate } = names;
    const { shelf, stored } = await findStored(context, previous, tree);
    const wanted = stored.wanted();
    const { entries } = tree;
    await needRoom(context, previous, stored, tree);
    const bytes = wanted.reduce((sum, i) => sum + (entries.allocated(i) ?? entries.size(i)), 0);
    const create = async (file: string) => ({
      file,
      writer: await series.store.create(series.key(snapshot, file), options.signal),
    });
    const firstNumber = Math.max(shelf.nextNumber, (options.numbers ?? NO_NUMBERS).archive + 1);
    const packer = await Packer.open(entries, {
      root: tree.root,
      format: row.format,
      pool: options.pool,
      signal: options.signal,
      contents: stored.contents,
      known: stored.known,
      knownSizes: stored.sizes(),
      firstNumber,
      create: async (n) => await create(archiveName(row.name, snapshot, n, row.format, archiveDate)),
      createTree: async () => await create(treeArchiveName(row.name, snapshot, row.format)),
      progress: report.phase('pack', wanted.length, bytes),
      archiveBytes: options.archiveBytes,
    });
    const parts = { names, shelf, stored, packer, firstNumber };
    return new SnapshotMaker(context, previous, comparison, tree, parts);
  }

  /**
   * Writes the archives; while they are flushed, the rest can be done.
   *
   * @param rotten - Entries whose last good copies are to stay.
   */
  async pack(rotten: readonly number[]): Promise<Packed> {
    await this.#context.series.begin(this.#snapshot, this.#context.row.encrypt);
    await this.#keep(rotten, (entry) => entry);
    await this.#packNew();
    await this.#carryOver();
    await this.#upkeep();
    await this.#packer.tree(this.#missing);
    return await this.#packer.end();
  }

  /** Gives up what is not finished. Never throws. */
  async discard(): Promise<void> {
    await this.#packer.discard();
  }

  /** Whether the content of entry `i` is in the snapshot, and in an archive of which no damage is known. */
  isSound(i: number): boolean {
    const slot = this.#missing.has(i) ? undefined : this.#stored.slot(i);
    return slot !== undefined && this.#shelf.get(this.#stored.contents.archive(slot))?.flaw === undefined;
  }

  /** Turns the archives into a snapshot. @param guards - What it tells of a mass change. */
  async commit(packed: Packed, guards: readonly string[]): Promise<Committed> {
    const { row, series, options, lock } = this.#context;
    const { newest, holdings } = this.#previous;
    const { entries } = this.#tree;
    // In a zip each name was read for itself, and the first one may be the one that could not be.
    if (row.format === 'tar.zst') shareContent(entries);
    else this.#forgetLostNames();
    const owners = this.#stored.owners();
    const archives = await archivesOf(packed, usesOf(this.#stored.contents, owners), {
      series,
      shelf: this.#shelf,
      snapshot: this.#snapshot,
      firstNumber: this.#firstNumber,
    });
    const dead = this.#stored.dead(new Set(archives.map(({ number }) => number)), owners);
    const info = await infoOf(entries, this.#missing, {
      context: this.#context,
      change: this.#comparison.count(),
      previous: newest?.name ?? null,
      names: this.#names,
      archives,
      mounts: this.#tree.mounts,
      guards,
      attributes: await canReadAttributes(options.pool),
    });
    const lines = new IndexLines(entries, this.#stored, this.#missing);
    const unwanted = dead.map((slot) => ({
      path: this.#stored.name(slot),
      archive: this.#stored.contents.archive(slot),
    }));
    const tree = packedTree(entries, this.#stored, this.#missing);
    const restore = restoreParts(tree, unwanted, row.format);
    const changes = lines.countChanges() + holdings.gone.length;
    const older = await olderIndex(this.#context, newest, this.#snapshot, {
      changes,
      entries: entries.length,
    });
    const whole = await commitSnapshot(
      series,
      this.#snapshot,
      {
        info,
        index: older ?? lines.all(),
        changes: older === undefined ? undefined : lines.changes(holdings.gone),
        dead: dead.length === 0 ? undefined : lines.dead(dead),
        restore: restoreText(this.#snapshot, info, restore),
      },
      lock,
      this.#packer.committed().then(() => options.signal.throwIfAborted()),
    );
    return {
      info: whole,
      totals: totalsOf(entries, this.#missing),
      shared: flawed(whole, this.#snapshot, this.#shelf),
    };
  }

  async #packNew(): Promise<void> {
    // Some were read already, to find out whether anything changed.
    const unknown = this.#stored.wanted().filter((i) => !this.#stored.find(i));
    const { slots, changed, lost } = await this.#packer.files(unknown);
    for (const i of unknown) {
      const slot = slots.get(i);
      if (slot !== undefined) this.#stored.written(i, slot, changed.has(i));
      else if (lost.has(i) || !this.#stored.find(i)) this.#missing.add(i);
    }
    for (const i of this.#firstNames.keys()) {
      const first = this.#owner(i);
      if (first === i || !this.#missing.has(first)) continue;
      this.#missing.add(i);
      this.#packer.loseWith(i, first);
    }
  }

  /** What could not be read stays as it was in the last snapshot. What is gone, is gone. */
  async #carryOver(): Promise<void> {
    const lost = [...this.#missing];
    for (const i of lost) this.#comparison.dismiss(i);
    await this.#keep(
      lost.filter((i) => this.#packer.isUnreadable(i)),
      unseen,
    );
  }

  /** Takes entries as the last snapshot has them. @param as - What is noted of each. */
  async #keep(numbers: readonly number[], as: (entry: Entry) => Entry): Promise<void> {
    const { newest } = this.#previous;
    if (numbers.length === 0 || newest === undefined) return;
    const { entries } = this.#tree;
    const wanted = new Map<BytePath, number>(numbers.map((i) => [entries.path(i), i]));
    for (const item of await this.#context.series.entries(newest)) {
      const i = wanted.get(item.entry.path);
      if (i === undefined || item.entry.type !== 'file') continue;
      const before = entries.at(i);
      entries.replace(i, as({ ...item.entry, hardlink: this.#firstOf(item) }));
      if (this.#stored.keep(i, item, newest.name)) this.#missing.delete(i);
      else entries.replace(i, before);
    }
    this.#firstNames = firstNames(entries);
  }

  /** The first name of a file that is kept, if that is in the snapshot as well, with the same content. */
  #firstOf({ entry: { hardlink }, hash }: IndexEntry): BytePath | undefined {
    const { entries } = this.#tree;
    const first = hardlink === undefined ? undefined : entries.find(hardlink);
    if (first === undefined || this.#missing.has(first) || !entries.hasContent(first)) return undefined;
    const its = entries.hash(first);
    return hash && its && Buffer.compare(hash, its) === 0 ? hardlink : undefined;
  }

  /** Further names whose first one is not in the snapshot, or with other content, stand for themselves. */
  #forgetLostNames(): void {
    const { entries } = this.#tree;
    for (const [i, first] of this.#firstNames) {
      const [own, its] = [entries.hash(i), entries.hash(first)];
      const isSame = own !== undefined && its !== undefined && Buffer.compare(own, its) === 0;
      if (this.#missing.has(first) || !isSame) entries.replace(i, { ...entries.at(i), hardlink: undefined });
    }
  }

  /** Writes again what is live in archives that are mostly dead, or too many. */
  async #upkeep(): Promise<void> {
    const stored = this.#stored;
    const live = liveBytesOf(stored.contents, stored.owners(), (slot) => stored.isTwin(slot));
    const uses = [...live].flatMap(([number, liveBytes]) => {
      const bytes = this.#shelf.get(number)?.archive.bytes;
      return bytes === undefined || liveBytes === 0 ? [] : [{ number, bytes, liveBytes }];
    });
    const retired = new Set(planUpkeep(uses));
    if (
      retired.size === 0 ||
      !(await hasRoomFor(
        this.#context,
        uses.filter(({ number }) => retired.has(number)),
      ))
    )
      return;
    const numbers: number[] = [];
    const { entries } = this.#tree;
    for (let i = 0; i < entries.length; i++) {
      const slot = this.#stored.slot(i);
      if (slot !== undefined && retired.has(this.#stored.contents.archive(slot)) && !this.#stored.isKept(i)) {
        numbers.push(i);
      }
    }
    const before = numbers.map((i) => entries.at(i));
    const { slots, changed } = await this.#packer.files(numbers, true);
    for (const [n, i] of numbers.entries()) {
      const slot = slots.get(i);
      const entry = before[n];
      if (slot !== undefined) this.#stored.written(i, slot, changed.has(i));
      // What cannot be read now stays where it is, and as it was when it was stored.
      else if (entry !== undefined) entries.replace(i, entry);
    }
  }

  #owner(i: number): number {
    return this.#stored.hasOwn(i) ? i : (this.#firstNames.get(i) ?? i);
  }
}
