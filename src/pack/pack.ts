import { isCompressedType } from '../archive/zip.ts';
import { loadCompressor, type Compressor } from '../archive/zstd.ts';
import { type Hasher, loadBlake3 } from '../hash/blake3.ts';
import type { Problem } from '../tree/entry.ts';
import type { EntryTable } from '../tree/entry-table.ts';
import { firstNames, shareContent } from '../tree/hardlinks.ts';
import { ArchiveSet, type CreateArchive } from './archive-set.ts';
import { batchesOf, smallFirst } from './batches.ts';
import { type Begin, type End, largeFile, type Piece } from './large-file.ts';
import { ordered } from './ordered.ts';
import { type Packed, Places } from './packed.ts';
import type { WorkerPool } from './pool.ts';
import { type Lost, sameSeen, type Seen } from './read-file.ts';
import { SharedBuffers } from './shared-buffers.ts';
import type { CompressResult, Format, PackResult } from './tasks.ts';

/** An archive ends at the first member past this, so that a change wastes little. */
const ARCHIVE_BYTES = 512 * 1024 * 1024;

const DEFLATE_LEVEL = 6;
const HASH_BYTES = 32;

export interface PackOptions {
  /** What the paths of the entries are relative to. */
  readonly root: string;
  readonly format: Format;
  readonly pool: WorkerPool;
  readonly signal: AbortSignal;
  readonly create: CreateArchive;
  /** Told how much content was packed, each time some was. */
  readonly progress: (files: number, bytes: number) => void;
  /** Default 512 MiB. */
  readonly archiveBytes?: number | undefined;
}

interface Batch {
  readonly kind: 'batch';
  readonly numbers: readonly number[];
}

type Item = Batch | Begin | Piece | End;

type Done =
  | (Batch & { readonly result: PackResult; readonly out: SharedArrayBuffer })
  | (Piece & { readonly result: CompressResult; readonly out: SharedArrayBuffer })
  | Begin
  | End;

/**
 * Writes all of `entries` into archives: files small to large, each read once, hashed and compressed by the
 * pool. Their hashes, and what changed about them since the scan, end up in `entries`.
 *
 * Whatever fails is thrown after the unfinished archive is discarded; finished ones stay.
 */
export async function pack(entries: EntryTable, options: PackOptions): Promise<Packed> {
  const zstd = options.format === 'zip' ? undefined : await loadCompressor();
  const hasher = await (await loadBlake3()).create();
  return await new Packing(entries, options, zstd, hasher).run();
}

class Packing {
  readonly #entries: EntryTable;
  readonly #options: PackOptions;
  readonly #isZip: boolean;
  readonly #archives: ArchiveSet;
  readonly #hasher: Hasher;
  readonly #buffers = new SharedBuffers();
  readonly #places: Places;
  readonly #problems: Problem[] = [];
  readonly #lost = new Map<number, Lost>();
  readonly #reread = new Set<number>();
  readonly #changed = new Set<number>();
  /** Small at the scan, too large for one task when read. */
  readonly #outgrown: number[] = [];

  constructor(entries: EntryTable, options: PackOptions, zstd: Compressor | undefined, hasher: Hasher) {
    this.#entries = entries;
    this.#options = options;
    this.#isZip = options.format === 'zip';
    this.#archives = new ArchiveSet(options.create, options.archiveBytes ?? ARCHIVE_BYTES, zstd);
    this.#hasher = hasher;
    this.#places = new Places(entries.length);
  }

  async run(): Promise<Packed> {
    try {
      // unzip sets a folder's times only if its entry comes before what it holds. tar sets them whenever it
      // meets the folder, so there folders come last; but GNU tar, which makes links that lead outside at the
      // very end, remembers a folder's times for after that only if it has met the folder before the link.
      if (this.#isZip) await this.#writeBatches(this.#folders());
      await this.#writeBatches(smallFirst(this.#entries, this.#contents()));
      await this.#writeLarge(this.#outgrown);
      const links = this.#where((i) => this.#entries.type(i) === 'link');
      if (this.#isZip) {
        await this.#writeBatches(links);
      } else {
        const all = [...this.#folders(), ...links, ...this.#hardlinks()];
        await this.#writeBatches(all.toSorted((a, b) => a - b));
        await this.#writeBatches(this.#folders());
      }
      const archives = await this.#archives.finish();
      // In a zip each name was read for itself.
      if (!this.#isZip) shareContent(this.#entries);
      return {
        archives,
        places: this.#places,
        problems: this.#problems,
        lost: new Set(this.#lost.keys()),
        reread: this.#reread,
        changed: this.#changed,
      };
    } catch (error) {
      await this.#archives.discard();
      throw error;
    }
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

  #contents(): number[] {
    return this.#where(
      (i) => this.#entries.hasContent(i) || (this.#isZip && this.#entries.type(i) === 'file'),
    );
  }

  /** Further names, which share the place of the first one, and are lost with it. */
  #hardlinks(): number[] {
    const numbers: number[] = [];
    for (const [i, first] of firstNames(this.#entries)) {
      const lost = this.#lost.get(first);
      const place = this.#places.at(first);
      if (lost !== undefined) this.#lose(i, lost);
      else if (place !== undefined) {
        this.#places.set(i, place);
        numbers.push(i);
      }
    }
    return numbers;
  }

  async #writeBatches(numbers: readonly number[]): Promise<void> {
    const { small, large } = batchesOf(this.#entries, numbers, this.#isZip);
    await this.#write(small.map((batch) => ({ kind: 'batch', numbers: batch })));
    await this.#writeLarge(large);
  }

  async #writeLarge(numbers: readonly number[]): Promise<void> {
    await this.#write(this.#pieces(numbers));
  }

  async *#pieces(numbers: readonly number[]): AsyncGenerator<Item> {
    const { root } = this.#options;
    for (const i of numbers) {
      yield* largeFile(root, i, this.#entries.at(i), this.#hasher, this.#buffers, !this.#isZip);
    }
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
      return { ...item, out, result: await pool.run({ kind: 'pack', format, root, entries, out }) };
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
        if (!sameSeen(this.#entries.at(done.i), done.seen)) this.#update(done.i, done.seen);
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
    const without = new Set<number>();
    for (const { n, outcome } of result.exceptions) {
      const i = numbers[n] ?? -1;
      if ('seen' in outcome) {
        this.#update(i, outcome.seen);
        if (outcome.kind === 'changed') this.#markChanged(i);
        continue;
      }
      without.add(n);
      if ('reason' in outcome) this.#lose(i, outcome);
      else this.#outgrown.push(i);
    }
    const placeOf = await this.#archives.addSegment(result, () => this.#buffers.give(out));
    let files = 0;
    let bytes = 0;
    numbers.forEach((i, n) => {
      const isContent = this.#isZip ? this.#entries.type(i) === 'file' : this.#entries.hasContent(i);
      if (!isContent || without.has(n)) return;
      this.#entries.setHash(i, result.hashes.subarray(n * HASH_BYTES, (n + 1) * HASH_BYTES));
      this.#places.set(i, placeOf(n, this.#entries.size(i)));
      files++;
      bytes += this.#entries.size(i);
    });
    this.#options.progress(files, bytes);
  }

  async #takeEnd({ i, outcome }: End): Promise<void> {
    const place = await this.#archives.endLarge(outcome);
    if (outcome.kind === 'again') return;
    if (outcome.kind !== 'read' || place === undefined) {
      if (outcome.kind !== 'read') this.#lose(i, outcome);
      return;
    }
    this.#entries.setHash(i, outcome.hash);
    this.#places.set(i, place);
    if (outcome.changed) this.#markChanged(i);
    this.#options.progress(1, 0);
  }

  #update(i: number, seen: Seen): void {
    this.#entries.update(i, seen);
    this.#reread.add(i);
  }

  #markChanged(i: number): void {
    this.#changed.add(i);
    const reason = 'changed each time it was read; stored as last read';
    this.#problems.push({ path: this.#entries.path(i), kind: 'changed', reason });
  }

  #lose(i: number, lost: Lost): void {
    this.#lost.set(i, lost);
    this.#problems.push({ path: this.#entries.path(i), kind: lost.kind, reason: lost.reason });
  }
}
