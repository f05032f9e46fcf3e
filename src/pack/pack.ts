import type { SharedHashes } from '../format/contents.ts';
import { isCompressedType } from '../format/zip/zip.ts';
import { loadCompressor } from '../format/zstd/zstd.ts';
import type { Compressor } from '../format/zstd/codec.ts';
import { type Hasher, loadBlake3 } from '../hash/blake3.ts';
import type { Problem } from '../tree/entry.ts';
import type { EntryTable } from '../tree/entry-table.ts';
import { firstNames } from '../tree/hardlinks.ts';
import { ArchiveSet } from './archive-set.ts';
import { batchesOf, smallFirst } from './batches.ts';
import { withoutStored } from './without-stored.ts';
import { type End, largeFile } from './large-file.ts';
import { ordered } from '../base/ordered.ts';
import type { Done, Item } from './pack-items.ts';
import type { PackOptions } from './pack-options.ts';
import type { Packed } from './packed.ts';
import { attributesProblem, noteAttributes } from './read-attributes.ts';
import type { Lost } from './read-file.ts';
import { SharedBuffers } from './shared-buffers.ts';
import type { PackResult } from './tasks.ts';

/** An archive ends at the first member past this, so that a change wastes little. */
const ARCHIVE_BYTES = 512 * 1024 * 1024;

const DEFLATE_LEVEL = 6;
const HASH_BYTES = 32;

/** No place is ever in the archive of folders and links. */
const NO_NUMBER = -1;

/**
 * Writes entries of a tree into archives: files small to large, each read once, hashed and compressed by the
 * pool. Their hashes, and what changed about them since the scan, end up in the table of entries.
 */
export class Packer {
  readonly #entries: EntryTable;
  readonly #options: PackOptions;
  readonly #isZip: boolean;
  readonly #contents: ArchiveSet;
  readonly #tree: ArchiveSet;
  /** The one of the two that is written at the moment. */
  #archives: ArchiveSet;
  readonly #hasher: Hasher;
  readonly #buffers = new SharedBuffers();
  #known: SharedHashes | undefined;
  #isAgain = false;
  readonly #slots = new Map<number, number>();
  /** By kind and path: a file that is read more than once has each of them once. */
  readonly #problems = new Map<string, Problem>();
  readonly #lost = new Map<number, Lost>();
  readonly #changed = new Set<number>();
  /** Small at the scan, too large for one task when read. */
  #outgrown: number[] = [];

  private constructor(
    entries: EntryTable,
    options: PackOptions,
    zstd: Compressor | undefined,
    hasher: Hasher,
  ) {
    this.#entries = entries;
    this.#options = options;
    this.#isZip = options.format === 'zip';
    const { create, createTree, firstNumber, known, archiveBytes = ARCHIVE_BYTES } = options;
    this.#contents = new ArchiveSet(create, firstNumber, archiveBytes, zstd);
    this.#tree = new ArchiveSet(createTree, NO_NUMBER, Infinity, zstd);
    this.#archives = this.#contents;
    this.#known = known;
    this.#hasher = hasher;
  }

  static async open(entries: EntryTable, options: PackOptions): Promise<Packer> {
    const zstd = options.format === 'zip' ? undefined : await loadCompressor();
    return new Packer(entries, options, zstd, await (await loadBlake3()).create());
  }

  /**
   * Packs the content of the files `wanted` (numbers of entries).
   *
   * @param again - Also what is stored already; what cannot be read is no problem then, as it is stored.
   * @returns Of all files so far: the slots of those that were written, which of them changed at each try, and
   *   those that could not be read.
   */
  async files(wanted: readonly number[], again = false): Promise<Pick<Packed, 'slots' | 'changed' | 'lost'>> {
    this.#known = again ? undefined : this.#options.known;
    this.#isAgain = again;
    await this.#writeBatches(smallFirst(this.#entries, wanted));
    const outgrown = this.#outgrown;
    this.#outgrown = [];
    await this.#writeLarge(outgrown);
    return { slots: this.#slots, changed: this.#changed, lost: this.#lost };
  }

  /** A further name of a file is lost with the first one. */
  loseWith(i: number, first: number): void {
    const lost = this.#lost.get(first);
    if (lost !== undefined && !this.#lost.has(i)) this.#lose(i, lost);
  }

  /** Whether the file of entry `i` is there, but could not be read. */
  isUnreadable(i: number): boolean {
    return this.#lost.get(i)?.kind === 'unreadable';
  }

  /**
   * Packs folders and links, into an archive of their own. It comes last and is no part of any other
   * snapshot, so that no link of yesterday is ever in the way of a file of today.
   *
   * @param missing - Entries that are in no archive.
   */
  async tree(missing: ReadonlySet<number>): Promise<void> {
    // They are flushed while this one is written.
    await this.#contents.end();
    this.#archives = this.#tree;
    const folders = this.#folders();
    const links = this.#where((i) => this.#entries.type(i) === 'link');
    if (this.#isZip) {
      await this.#writeBatches([...folders, ...links]);
      return;
    }
    const hardlinks: number[] = [];
    for (const [i, first] of firstNames(this.#entries)) {
      if (!missing.has(first) && !missing.has(i)) hardlinks.push(i);
    }
    // tar sets a folder's times whenever it meets it, so folders come after what they hold; but GNU tar, which
    // makes links that lead outside at the very end, remembers a folder's times for after that only if it has
    // met the folder before the link.
    await this.#writeBatches([...folders, ...links, ...hardlinks].toSorted((a, b) => a - b));
    await this.#writeBatches(folders);
  }

  /** Ends the archives. {@link committed} is still to come. */
  async end(): Promise<Packed> {
    const archives = await this.#contents.end();
    const [tree] = await this.#tree.end();
    return {
      archives,
      tree,
      slots: this.#slots,
      problems: [...this.#problems.values()],
      lost: this.#lost,
      changed: this.#changed,
    };
  }

  /** Waits until all archives are on disk. */
  async committed(): Promise<void> {
    await Promise.all([this.#contents.committed(), this.#tree.committed()]);
  }

  /** Gives up the archives at work; finished ones stay. Never throws. */
  async discard(): Promise<void> {
    await Promise.all([this.#contents.discard(), this.#tree.discard()]);
  }

  #where(wanted: (i: number) => boolean): number[] {
    const numbers: number[] = [];
    for (let i = 0; i < this.#entries.length; i++) if (wanted(i)) numbers.push(i);
    return numbers;
  }

  #folders(): number[] {
    // The root itself is no member: extracting must not change the folder one extracts into.
    return this.#where((i) => this.#entries.type(i) === 'folder' && this.#entries.path(i) !== '');
  }

  async #writeBatches(numbers: readonly number[]): Promise<void> {
    const { small, large } = batchesOf(this.#entries, numbers, this.#isZip);
    await this.#write(small.map((batch) => ({ kind: 'batch', numbers: batch })));
    await this.#writeLarge(large);
  }

  async #writeLarge(numbers: readonly number[]): Promise<void> {
    const unknown = await withoutStored(this.#entries, numbers, this.#known, this.#options);
    await this.#write(this.#pieces(unknown));
  }

  async *#pieces(numbers: readonly number[]): AsyncGenerator<Item> {
    const [hasher, buffers, isTar] = [this.#hasher, this.#buffers, !this.#isZip];
    const options = { ...this.#options, hasher, buffers, isTar };
    for (const i of numbers) yield* largeFile(i, this.#entries.at(i), options);
  }

  async #write(items: Iterable<Item> | AsyncIterable<Item>): Promise<void> {
    const { pool, signal } = this.#options;
    // Twice as many as threads: none waits for the main thread, and memory stays bounded.
    for await (const done of ordered(items, pool.size * 2, async (item) => await this.#start(item))) {
      signal.throwIfAborted();
      await this.#take(done);
    }
  }

  async #start(item: Item): Promise<Done> {
    const { root, format, pool } = this.#options;
    if (item.kind === 'batch') {
      const entries = item.numbers.map((i) => this.#entries.at(i));
      const out = this.#buffers.take();
      const task = { kind: 'pack', format, root, entries, known: this.#known, out } as const;
      return { ...item, out, result: await pool.run(task) };
    }
    if (item.kind === 'piece') {
      const level = isCompressedType(this.#entries.path(item.i)) ? 0 : DEFLATE_LEVEL;
      const { piece, bytes, last } = item;
      const out = this.#buffers.take();
      const task = { kind: 'compress', format, piece, bytes, last, level, out } as const;
      return { ...item, out, result: await pool.run(task) };
    }
    return item;
  }

  async #take(done: Done): Promise<void> {
    switch (done.kind) {
      case 'batch':
        await this.#takeBatch(done.numbers, done.result, done.out);
        break;
      case 'begin':
        this.#entries.update(done.i, done.seen);
        if (done.refused !== undefined) this.#tell(attributesProblem(this.#entries, done.i, done.refused));
        await this.#archives.beginLarge(this.#entries.at(done.i), done);
        break;
      case 'piece':
        this.#buffers.give(done.piece);
        await this.#archives.addPiece(done.result.bytes, done.bytes, () => this.#buffers.give(done.out));
        this.#options.progress(0, done.bytes);
        break;
      case 'end':
        await this.#takeEnd(done);
        break;
    }
  }

  async #takeBatch(numbers: readonly number[], result: PackResult, out: SharedArrayBuffer): Promise<void> {
    const [without, unread] = [new Set<number>(), new Set<number>()];
    let files = 0;
    let bytes = 0;
    for (const { n, outcome } of result.exceptions) {
      const i = numbers[n] ?? -1;
      if ('seen' in outcome) {
        this.#entries.update(i, outcome.seen);
        if (outcome.kind === 'changed') this.#markChanged(i);
        continue;
      }
      without.add(n);
      if (outcome.kind !== 'known') unread.add(n);
      if ('reason' in outcome) this.#lose(i, outcome);
      else if (outcome.kind === 'outgrown') this.#outgrown.push(i);
      else {
        this.#setHash(i, result, n);
        files++;
        bytes += this.#entries.size(i);
      }
    }
    if (this.#archives !== this.#tree) {
      this.#tell(...noteAttributes(this.#entries, numbers, result.attributes, (n) => !unread.has(n)));
    }
    const placeOf = await this.#archives.addSegment(result, () => this.#buffers.give(out));
    numbers.forEach((i, n) => {
      if (this.#archives === this.#tree || without.has(n)) return;
      const hash = this.#setHash(i, result, n);
      this.#slots.set(i, this.#options.contents.add(hash, this.#entries.size(i), placeOf(n)));
      files++;
      bytes += this.#entries.size(i);
    });
    this.#options.progress(files, bytes);
  }

  async #takeEnd({ i, outcome }: End): Promise<void> {
    const place = await this.#archives.endLarge(outcome);
    if (outcome.kind === 'again') return;
    if (outcome.kind !== 'read') this.#lose(i, outcome);
    if (outcome.kind !== 'read' || place === undefined) return;
    this.#entries.setHash(i, outcome.hash);
    this.#slots.set(i, this.#options.contents.add(outcome.hash, this.#entries.size(i), place));
    if (outcome.changed) this.#markChanged(i);
    this.#options.progress(1, 0);
  }

  #setHash(i: number, { hashes }: PackResult, n: number): Uint8Array {
    const hash = hashes.subarray(n * HASH_BYTES, (n + 1) * HASH_BYTES);
    this.#entries.setHash(i, hash);
    return hash;
  }

  #markChanged(i: number): void {
    this.#changed.add(i);
    const reason = 'changed each time it was read; stored as last read';
    this.#tell({ path: this.#entries.path(i), kind: 'changed', reason });
  }

  #lose(i: number, lost: Lost): void {
    if (this.#isAgain) return;
    this.#lost.set(i, lost);
    this.#tell({ path: this.#entries.path(i), kind: lost.kind, reason: lost.reason });
  }

  #tell(...problems: readonly Problem[]): void {
    for (const problem of problems) this.#problems.set(`${problem.kind} ${problem.path}`, problem);
  }
}
