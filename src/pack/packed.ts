import type { Problem } from '../tree/entry.ts';
import type { PackedArchive } from './archive-writer.ts';

/** Where the content of an entry lies; `docs/format.md`, "at". */
export interface Place {
  readonly archive: number;
  readonly offset: number;
  readonly length: number;
  readonly skip: number;
}

const NOWHERE = -1;

/** The place of each entry's content, in columns, as there may be a million. */
export class Places {
  readonly #archive: Int32Array;
  readonly #offset: Float64Array;
  readonly #length: Float64Array;
  readonly #skip: Float64Array;

  constructor(entries: number) {
    this.#archive = new Int32Array(entries).fill(NOWHERE);
    this.#offset = new Float64Array(entries);
    this.#length = new Float64Array(entries);
    this.#skip = new Float64Array(entries);
  }

  set(i: number, place: Place): void {
    this.#archive[i] = place.archive;
    this.#offset[i] = place.offset;
    this.#length[i] = place.length;
    this.#skip[i] = place.skip;
  }

  /** Undefined for an entry without content. */
  at(i: number): Place | undefined {
    const archive = this.#archive[i] ?? NOWHERE;
    if (archive === NOWHERE) return undefined;
    return {
      archive,
      offset: this.#offset[i] ?? 0,
      length: this.#length[i] ?? 0,
      skip: this.#skip[i] ?? 0,
    };
  }
}

/** What packing a tree came to. */
export interface Packed {
  readonly archives: readonly PackedArchive[];
  readonly places: Places;
  readonly problems: readonly Problem[];
  /** Entries that are in no archive, because they could not be read. */
  readonly lost: ReadonlySet<number>;
  /** Entries that had changed since the scan when they were read. */
  readonly reread: ReadonlySet<number>;
  /** Those of them that changed at each try, and are stored as last read. */
  readonly changed: ReadonlySet<number>;
}
