// Files out of archives: the main thread reads what is needed, workers decompress, verify and write it.
import type { ArchiveFormat } from '../base/archive-format.ts';
import { isAway, isDenied, reasonOf, SnapshotError, systemCode } from '../base/errors.ts';
import { type Hasher, loadBlake3 } from '../hash/blake3.ts';
import { ordered } from '../base/ordered.ts';
import type { Store } from '../store/store.ts';
import { display } from '../tree/path.ts';
import { Unsafe } from '../target/contained.ts';
import { Damaged } from './damage.ts';
import { writeLarge } from './large-file.ts';
import type { Places } from './places.ts';
import type { UnpackPool } from './pool.ts';
import { type LargeReading, type NoReading, type Reading, readingsOf, type WantedPiece } from './readings.ts';
import type { FileOrder } from '../target/order.ts';
import type { Failure, Piece } from './tasks.ts';

const HASH_BYTES = 32;

/** Why a file could not be restored. */
export interface WhyNot extends Omit<Failure, 'n'> {
  /** Of what counts as damaged: it may not be read, so that it may well be whole. */
  readonly isDenied?: boolean;
}

export interface UnpackOptions {
  /** The folder to write into: absolute, free of links. */
  readonly root: string;
  readonly store: Store;
  readonly pool: UnpackPool;
  readonly signal: AbortSignal;
  readonly places: Places;
  readonly size: (i: number) => number;
  /** What is to be made of entry `i`, and the 32 bytes of its hash. */
  readonly order: (i: number) => { readonly file: Omit<FileOrder, 'skip'>; readonly hash: Uint8Array };
  /** Told of bytes as they are written. */
  readonly progress: (files: number, bytes: number) => void;
  /** Also told of files that are written, but not with all that they have beside their content. */
  readonly failed: (i: number, why: WhyNot) => void;
  /** How many tasks are under way at once; by default, enough to keep all threads busy. */
  readonly window?: number;
}

/** No file after this one could be written either. */
const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/**
 * Writes the files `numbers`, each whole and verified or not at all. The folders they are in are there already.
 *
 * @throws {@link SnapshotError} `E_SPACE` when the target is full, `E_AWAY` when nobody answers where the archives are; the
 * reason of `signal`. Nothing is left half written then either.
 */
export async function unpackFiles(numbers: readonly number[], options: UnpackOptions): Promise<void> {
  await new Unpacking(options).run(numbers);
}

class Unpacking {
  readonly #options: UnpackOptions;
  readonly #running = new Set<Promise<void>>();
  #hasher: Promise<Hasher> | undefined;
  /** Large files are written one after the other: each has all threads. */
  #large: Promise<void> = Promise.resolve();

  constructor(options: UnpackOptions) {
    this.#options = options;
  }

  async run(numbers: readonly number[]): Promise<void> {
    const { places, size, pool, signal, window = pool.size * 2 } = this.#options;
    const readings = readingsOf(numbers, places, size);
    try {
      for await (const _ of ordered(readings, window, async (reading) => await this.#start(reading)))
        signal.throwIfAborted();
    } finally {
      // What a thread has begun it ends, and leaves nothing half written.
      await Promise.allSettled(this.#running);
    }
  }

  async #start(reading: Reading | LargeReading | NoReading): Promise<void> {
    const work = this.#read(reading);
    this.#running.add(work);
    try {
      await work;
    } finally {
      this.#running.delete(work);
    }
  }

  async #read(reading: Reading | LargeReading | NoReading): Promise<void> {
    this.#options.signal.throwIfAborted();
    if (reading.kind === 'pieces') await this.#pieces(reading);
    else if (reading.kind === 'large') {
      const before = this.#large;
      const work = before.then(async () => await this.#largeFile(reading));
      this.#large = work.catch(() => {});
      await work;
    } else {
      for (const i of reading.files) this.#fail(i, damage('the index does not say where its content lies'));
    }
  }

  async #pieces(reading: Reading): Promise<void> {
    const { store, signal } = this.#options;
    const { archive, offset, length, pieces } = reading;
    let bytes: Buffer = Buffer.alloc(0);
    try {
      if (archive !== undefined) bytes = await store.readRange(archive.key, offset, length, signal);
    } catch (error) {
      if (!(error instanceof SnapshotError) || isAway(error)) throw error;
      if (pieces.length === 1) {
        for (const i of pieces[0]?.files ?? []) this.#fail(i, damage(error.message, error));
        return;
      }
      // Those before the place that cannot be read are still to be had.
      for (const piece of pieces) await this.#pieces({ ...reading, ...piece, pieces: [piece] });
      return;
    }
    signal.throwIfAborted();
    await this.#write(pieces, bytes, offset, archive?.format ?? 'tar.zst');
  }

  async #write(
    pieces: readonly WantedPiece[],
    bytes: Buffer,
    offset: number,
    format: ArchiveFormat,
  ): Promise<void> {
    const { pool, root, places, size, progress } = this.#options;
    const numbers = pieces.flatMap(({ files }) => files);
    const hashes = new Uint8Array(numbers.length * HASH_BYTES);
    let n = 0;
    const orders = pieces.map((piece): Piece => {
      const files = piece.files.map((i) => {
        const { file, hash } = this.#options.order(i);
        hashes.set(hash, n++ * HASH_BYTES);
        return { ...file, skip: places.place(i).skip };
      });
      return { offset: piece.offset - offset, length: piece.length, files };
    });
    // Small ones share the memory that Node cuts them from, and are copied.
    const isOwn = bytes.buffer instanceof ArrayBuffer && bytes.buffer.byteLength === bytes.length;
    const failures = await pool.run(
      { kind: 'files', root, format, bytes, pieces: orders, hashes },
      isOwn ? [bytes.buffer] : [],
    );
    const lost = new Map(failures.map(({ n: number, ...why }) => [number, why]));
    let [done, doneBytes] = [0, 0];
    for (const [number, i] of numbers.entries()) {
      const why = lost.get(number);
      if (why !== undefined) this.#fail(i, why);
      if (why === undefined || why.kind === 'attributes') {
        done++;
        doneBytes += size(i);
      }
    }
    progress(done, doneBytes);
  }

  async #largeFile({ archive, i }: LargeReading): Promise<void> {
    const { root, store, pool, signal, places, progress } = this.#options;
    // It has waited for those before.
    signal.throwIfAborted();
    const { file, hash } = this.#options.order(i);
    const place = places.place(i);
    const order = { ...file, skip: place.skip };
    this.#hasher ??= loadBlake3().then(async (blake3) => await blake3.create());
    const hasher = await this.#hasher;
    let bytes = 0;
    const written = (more: number): void => {
      bytes += more;
      progress(0, more);
    };
    try {
      await writeLarge(
        root,
        { store, archive, place, size: order.size, signal, order, hash },
        hasher,
        pool,
        written,
      );
      const [failure] = await pool.run({ kind: 'deeds', root, deeds: [{ do: 'settle', file: order }] });
      if (failure !== undefined) this.#fail(i, failure);
      if (failure === undefined || failure.kind === 'attributes') {
        progress(1, 0);
        return;
      }
    } catch (error) {
      this.#fail(i, whyOf(error));
    }
    progress(0, -bytes);
  }

  #fail(i: number, why: WhyNot): void {
    const { order, failed } = this.#options;
    if (why.code !== undefined && NO_ROOM.has(why.code)) {
      const path = display(order(i).file.path);
      throw new SnapshotError('E_SPACE', `Cannot write "${path}": ${why.reason}`, {
        hint: 'Make room and start again: what is restored already is not done again.',
      });
    }
    failed(i, why);
  }
}

function damage(reason: string, cause?: unknown): WhyNot {
  return { kind: 'damaged', reason, code: undefined, ...(isDenied(cause) && { isDenied: true }) };
}

/** @throws what is not about the file. */
function whyOf(error: unknown): WhyNot {
  const code = systemCode(error);
  if (error instanceof Damaged) return damage(error.message, error.cause);
  if (error instanceof Unsafe) return { kind: 'refused', reason: error.message, code };
  if (code === undefined || error instanceof SnapshotError || code === 'ABORT_ERR') throw error;
  return { kind: 'failed', reason: reasonOf(error), code };
}
