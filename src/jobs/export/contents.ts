import { SnapshotError } from '../../base/errors.ts';
import { type Hasher, loadBlake3 } from '../../hash/blake3.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import { display } from '../../tree/path.ts';
import { Damaged } from '../../unpack/damage.ts';
import { largeContent } from '../../unpack/large-file.ts';
import type { UnpackPool } from '../../unpack/pool.ts';
import { readContents } from '../../unpack/read-contents.ts';
import { OtherCopies } from '../restore/other-copies.ts';
import type { Wanted } from '../restore/wanted.ts';

export interface ContentsOptions {
  readonly series: Series;
  /** All of the series, for other copies of what is damaged. */
  readonly snapshots: readonly Snapshot[];
  readonly wanted: Wanted;
  readonly pool: UnpackPool;
  readonly signal: AbortSignal;
  readonly note: (message: string) => void;
  /** What becomes of what was begun when a file is lost; a sentence. */
  readonly whenLost: string;
}

/** The content of a file: all of it, verified; or, where it is too large for memory, in pieces, verified as they come. */
export interface FileContent {
  readonly i: number;
  readonly content: Uint8Array | AsyncIterable<Uint8Array>;
}

/** Content of files, from wherever a series has it undamaged. */
export class Contents {
  readonly #options: ContentsOptions;

  constructor(options: ContentsOptions) {
    this.#options = options;
  }

  /**
   * The content of each of `numbers`, in the order in which it lies in the archives. What is given out in pieces has to be
   * taken before the next one is asked for.
   *
   * @throws {@link SnapshotError} `E_DAMAGED` when nothing in the series has it as it was; for what comes in pieces, from there.
   *   The reason of `signal`.
   */
  async *read(numbers: readonly number[]): AsyncGenerator<FileContent> {
    let open = numbers;
    let copies: OtherCopies | undefined;
    let rescued = 0;
    while (open.length > 0) {
      const damaged = new Map<number, string>();
      for await (const found of this.#read(open)) {
        const { i, kind } = found;
        if (kind === 'damaged') damaged.set(i, found.reason);
        else {
          if (copies !== undefined) rescued++;
          yield { i, content: kind === 'large' ? this.#large(i) : found.bytes };
        }
      }
      open = [...damaged.keys()];
      if (open.length > 0) copies ??= await this.#copies(open);
      for (const [i, reason] of damaged) if (copies?.next(i) !== true) throw this.#lost(i, reason);
    }
    if (rescued === 0) return;
    const files = rescued === 1 ? '1 file was damaged, and is' : `${rescued} files were damaged, and are`;
    this.#options.note(`${files} from another copy in the series`);
  }

  #read(numbers: readonly number[]): ReturnType<typeof readContents> {
    const { series, wanted, pool, signal } = this.#options;
    const { entries, places } = wanted;
    return readContents(numbers, {
      store: series.store,
      pool,
      signal,
      places,
      size: (i) => entries.size(i),
      hash: (i) => this.#hash(i),
    });
  }

  /** The content of a large file. Where one copy is damaged, the next one goes on. */
  async *#large(i: number): AsyncGenerator<Uint8Array> {
    const hasher = await (await loadBlake3()).create();
    hasher.reset();
    let done = 0;
    let copies: OtherCopies | undefined;
    for (;;) {
      try {
        await this.#checkFirst(i);
        let before = done;
        for await (const piece of this.#pieces(i)) {
          const own = piece.subarray(before);
          before = Math.max(0, before - piece.length);
          if (own.length === 0) continue;
          hasher.update(own);
          done += own.length;
          yield own;
        }
        break;
      } catch (error) {
        if (!(error instanceof Damaged)) throw error;
        copies ??= await this.#copies([i]);
        if (!copies.next(i)) throw this.#lost(i, error.message, error);
        this.#options.note(
          `${this.#name(i)} is damaged (${error.message}); another copy in the series is tried`,
        );
      }
    }
    if (!this.#isRight(i, hasher)) throw this.#lost(i, 'its content is not what it was');
  }

  /** A zip has no checksum before its end: it is read through before the first byte of it is given out. */
  async #checkFirst(i: number): Promise<void> {
    if (this.#options.wanted.places.archive(i)?.format !== 'zip') return;
    const hasher = await (await loadBlake3()).create();
    hasher.reset();
    for await (const piece of this.#pieces(i)) hasher.update(piece);
    if (!this.#isRight(i, hasher)) throw new Damaged('its content is not what it was');
  }

  async *#pieces(i: number): AsyncGenerator<Uint8Array> {
    const { series, wanted, pool, signal } = this.#options;
    const { entries, places } = wanted;
    const archive = places.archive(i);
    if (archive === undefined) throw new Damaged('the index does not say where its content lies');
    const source = { store: series.store, archive, place: places.place(i), size: entries.size(i), signal };
    for await (const piece of largeContent(source, pool)) {
      signal.throwIfAborted();
      yield piece;
    }
  }

  async #copies(lost: readonly number[]): Promise<OtherCopies> {
    const { series, snapshots, wanted, note } = this.#options;
    return await OtherCopies.find(series, snapshots, wanted, lost, note);
  }

  #isRight(i: number, hasher: Hasher): boolean {
    return Buffer.compare(hasher.digest(), this.#hash(i)) === 0;
  }

  #hash(i: number): Uint8Array {
    return this.#options.wanted.entries.hash(i) ?? Buffer.alloc(0);
  }

  #name(i: number): string {
    return `"${display(this.#options.wanted.entries.path(i))}"`;
  }

  #lost(i: number, reason: string, cause?: unknown): SnapshotError {
    return new SnapshotError('E_DAMAGED', `Cannot read ${this.#name(i)} from the snapshot: ${reason}`, {
      ...(cause === undefined ? {} : { cause }),
      hint: `No other copy in the series is whole. ${this.#options.whenLost}`,
    });
  }
}
