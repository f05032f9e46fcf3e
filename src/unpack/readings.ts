// Decides what is read at once. Pure.
import { isSparse } from '../format/sparse.ts';
import type { ArchiveFile, Places } from './places.ts';

/** Larger files are streamed: what one thread decompresses at once has to fit into memory. */
const LARGE_BYTES = 16 * 1024 * 1024;

/** More than any piece with small files takes: what claims to be longer is damaged. */
const MAX_PIECE_BYTES = LARGE_BYTES * 4;

/** So much of an archive is read at once, and goes to one thread. */
const READ_BYTES = 4 * 1024 * 1024;
const MAX_FILES = 2048;

/** Less than this between two pieces is read as well: it costs less than asking again. */
const MAX_GAP_BYTES = 128 * 1024;

/** Whole frames, or one record, and the entries with content in it. */
export interface WantedPiece {
  /** In the archive. */
  readonly offset: number;
  readonly length: number;
  readonly files: number[];
}

/** Pieces of one archive that are read at once. */
export interface Reading {
  readonly kind: 'pieces';
  /** Undefined: empty files, for which nothing is read. */
  readonly archive: ArchiveFile | undefined;
  readonly offset: number;
  readonly length: number;
  readonly pieces: readonly WantedPiece[];
}

/** A file that is streamed: a large one, or one with holes. */
export interface LargeReading {
  readonly kind: 'large';
  readonly archive: ArchiveFile;
  readonly i: number;
}

/** Files whose place cannot be. */
export interface NoReading {
  readonly kind: 'nowhere';
  readonly files: readonly number[];
}

/** Goes through an archive from its beginning to its end, and reads only what holds content of `numbers`. */
export function* readingsOf(
  numbers: readonly number[],
  places: Places,
  size: (i: number) => number,
): Generator<Reading | LargeReading | NoReading> {
  const empty = numbers.filter((i) => size(i) === 0);
  for (let at = 0; at < empty.length; at += MAX_FILES) {
    const piece = { offset: 0, length: 0, files: empty.slice(at, at + MAX_FILES) };
    yield { kind: 'pieces', archive: undefined, offset: 0, length: 0, pieces: [piece] };
  }
  let pending: Pending | undefined;
  for (const i of places.sorted(numbers.filter((number) => size(number) > 0))) {
    const archive = places.archive(i);
    const { offset, length, skip } = places.place(i);
    const isLarge = size(i) > LARGE_BYTES || isSparse(skip);
    if (archive === undefined || (!isLarge && length > MAX_PIECE_BYTES)) {
      yield { kind: 'nowhere', files: [i] };
    } else if (isLarge) yield { kind: 'large', archive, i };
    else if (pending?.takes(archive, offset, length) === true) pending.add(offset, length, i);
    else {
      if (pending !== undefined) yield pending.reading();
      pending = new Pending(archive, offset);
      pending.add(offset, length, i);
    }
  }
  if (pending !== undefined) yield pending.reading();
}

/** So much content goes from one thread to another at once. */
const CONTENT_BYTES = 16 * 1024 * 1024;

/**
 * `reading` in parts of which each holds at most so much content, or one file. A few bytes of an archive may hold gigabytes, and
 * many files the same piece.
 */
export function* partsOf(reading: Reading, size: (i: number) => number): Generator<Reading> {
  let pieces: WantedPiece[] = [];
  let bytes = 0;
  for (const { offset, length, files } of reading.pieces) {
    for (const i of files) {
      if (bytes > 0 && bytes + size(i) > CONTENT_BYTES) {
        yield readingOf(reading.archive, pieces);
        [pieces, bytes] = [[], 0];
      }
      const last = pieces.at(-1);
      if (last?.offset === offset && last.length === length) last.files.push(i);
      else pieces.push({ offset, length, files: [i] });
      bytes += size(i);
    }
  }
  yield readingOf(reading.archive, pieces);
}

function readingOf(archive: ArchiveFile | undefined, pieces: readonly WantedPiece[]): Reading {
  const offset = pieces[0]?.offset ?? 0;
  const end = pieces.reduce((furthest, piece) => Math.max(furthest, piece.offset + piece.length), offset);
  return { kind: 'pieces', archive, offset, length: end - offset, pieces };
}

/** What is to be read, so far. */
class Pending {
  readonly #archive: ArchiveFile;
  readonly #offset: number;
  readonly #pieces: WantedPiece[] = [];
  #end: number;
  #files = 0;

  constructor(archive: ArchiveFile, offset: number) {
    this.#archive = archive;
    this.#offset = offset;
    this.#end = offset;
  }

  takes(archive: ArchiveFile, offset: number, length: number): boolean {
    if (archive !== this.#archive || this.#files >= MAX_FILES) return false;
    if (this.#isLast(offset, length)) return true;
    const isNext = offset >= this.#end && offset - this.#end <= MAX_GAP_BYTES;
    return isNext && offset + length - this.#offset <= READ_BYTES;
  }

  add(offset: number, length: number, i: number): void {
    this.#files++;
    if (this.#isLast(offset, length)) this.#pieces.at(-1)?.files.push(i);
    else this.#pieces.push({ offset, length, files: [i] });
    this.#end = offset + length;
  }

  reading(): Reading {
    return {
      kind: 'pieces',
      archive: this.#archive,
      offset: this.#offset,
      length: this.#end - this.#offset,
      pieces: this.#pieces,
    };
  }

  #isLast(offset: number, length: number): boolean {
    const last = this.#pieces.at(-1);
    return last !== undefined && last.offset === offset && last.length === length;
  }
}
