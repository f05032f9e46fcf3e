// Content of files for whoever passes it on instead of writing it below a folder: in the order in which it lies in the archives,
// read ahead and checked by threads, and never more of it in memory than a few pieces.
import { isAway, isDenied, SnapshotError } from '../base/errors.ts';
import { ordered } from '../base/ordered.ts';
import type { Store } from '../store/store.ts';
import type { LargeSource } from './large-file.ts';
import type { Places } from './places.ts';
import type { UnpackPool } from './pool.ts';
import { type LargeReading, type NoReading, partsOf, type Reading, readingsOf } from './readings.ts';
import type { ContentOrder, PieceOf } from './tasks.ts';

const HASH_BYTES = 32;

export interface ContentsOptions {
  readonly store: Store;
  readonly pool: UnpackPool;
  readonly signal: AbortSignal;
  readonly places: Places;
  readonly size: (i: number) => number;
  /** 32 bytes. */
  readonly hash: (i: number) => Uint8Array;
}

/** What there is of entry `i`. */
export type Content =
  /** All of it, and right. */
  | { readonly i: number; readonly kind: 'whole'; readonly bytes: Uint8Array }
  /** Too large for memory; nothing of it is read yet. */
  | { readonly i: number; readonly kind: 'large'; readonly source: LargeSource }
  | { readonly i: number; readonly kind: 'damaged'; readonly reason: string };

/**
 * The content of each of `numbers`.
 *
 * @throws {@link SnapshotError} `E_AWAY`, `E_AUTH` when nobody answers where the archives are, or lets us in. The reason of `signal`.
 */
export async function* readContents(
  numbers: readonly number[],
  options: ContentsOptions,
): AsyncGenerator<Content> {
  const { places, size, pool, signal } = options;
  const parts = function* (): Generator<Reading | LargeReading | NoReading> {
    for (const reading of readingsOf(numbers, places, size)) {
      if (reading.kind === 'pieces') yield* partsOf(reading, size);
      else yield reading;
    }
  };
  for await (const contents of ordered(parts(), pool.size + 1, async (part) => await read(part, options))) {
    signal.throwIfAborted();
    yield* contents;
  }
}

async function read(
  reading: Reading | LargeReading | NoReading,
  options: ContentsOptions,
): Promise<readonly Content[]> {
  const { store, places, size, signal } = options;
  signal.throwIfAborted();
  if (reading.kind === 'pieces') return await readPieces(reading, options);
  if (reading.kind === 'large') {
    const { i, archive } = reading;
    return [{ i, kind: 'large', source: { store, archive, place: places.place(i), size: size(i), signal } }];
  }
  return damaged(reading.files, 'the index does not say where its content lies');
}

async function readPieces(reading: Reading, options: ContentsOptions): Promise<readonly Content[]> {
  const { archive, offset, length, pieces } = reading;
  let bytes: Buffer = Buffer.alloc(0);
  try {
    if (archive !== undefined)
      bytes = await options.store.readRange(archive.key, offset, length, options.signal);
  } catch (error) {
    if (!(error instanceof SnapshotError) || isAway(error) || isDenied(error)) throw error;
    const [only, ...more] = pieces;
    if (only === undefined || more.length === 0) return damaged(only?.files ?? [], error.message);
    // Those before the place that cannot be read are still to be had.
    const each: Content[] = [];
    for (const piece of pieces)
      each.push(...(await readPieces({ ...reading, ...piece, pieces: [piece] }, options)));
    return each;
  }
  return await unpack(reading, bytes, options);
}

async function unpack(
  { archive, offset, pieces }: Reading,
  bytes: Buffer,
  { pool, places, size, hash }: ContentsOptions,
): Promise<readonly Content[]> {
  const numbers = pieces.flatMap(({ files }) => files);
  const hashes = new Uint8Array(numbers.length * HASH_BYTES);
  for (const [n, i] of numbers.entries()) hashes.set(hash(i), n * HASH_BYTES);
  const orders = pieces.map((piece): PieceOf<ContentOrder> => ({
    offset: piece.offset - offset,
    length: piece.length,
    files: piece.files.map((i) => ({ skip: places.place(i).skip, size: size(i) })),
  }));
  const format = archive?.format ?? 'tar.zst';
  const { contents, failures } = await pool.run({ kind: 'contents', format, bytes, pieces: orders, hashes });
  const why = new Map(failures.map(({ n, reason }) => [n, reason]));
  return numbers.map((i, n): Content => {
    const content = contents.get(n);
    if (content !== undefined) return { i, kind: 'whole', bytes: content };
    return { i, kind: 'damaged', reason: why.get(n) ?? 'it was not read' };
  });
}

function damaged(numbers: readonly number[], reason: string): readonly Content[] {
  return numbers.map((i) => ({ i, kind: 'damaged', reason }));
}
