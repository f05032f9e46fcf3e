// What content lies where. Held in columns, as there may be a million; the hashes in memory that all threads
// see, so that a worker which has read a file knows at once whether it is stored already.

/** Where in an archive content lies; `docs/format.md`, "at". */
export interface PlaceInArchive {
  readonly offset: number;
  readonly length: number;
  readonly skip: number;
}

/** Where in a series content lies. */
export interface Place extends PlaceInArchive {
  /** Number of the archive, for the whole life of the series. */
  readonly archive: number;
}

const HASH_BYTES = 32;
const EMPTY = -1;

/** A table of hashes to look up, as it goes to other threads. */
export interface SharedHashes {
  /** 32 bytes for each slot. */
  readonly hashes: SharedArrayBuffer;
  /** Slots, by the first bytes of their hashes; open addressing, a power of two of them. */
  readonly table: SharedArrayBuffer;
}

/** Looks up hashes in any thread. */
export class HashLookup {
  readonly #hashes: Uint8Array;
  readonly #table: Int32Array;

  constructor({ hashes, table }: SharedHashes) {
    this.#hashes = new Uint8Array(hashes);
    this.#table = new Int32Array(table);
  }

  has(hash: Uint8Array): boolean {
    return !this.slots(hash).next().done;
  }

  /** Every slot that has this hash. */
  *slots(hash: Uint8Array): Generator<number> {
    const mask = this.#table.length - 1;
    for (let at = start(hash, 0) & mask; ; at = (at + 1) & mask) {
      const slot = this.#table[at] ?? EMPTY;
      if (slot === EMPTY) return;
      if (isSame(this.#hashes, slot * HASH_BYTES, hash)) yield slot;
    }
  }
}

/** All content that the archives of a series are known to hold, each in a slot of its own, counted from 0. */
export class Contents {
  #length = 0;
  #hashes = new SharedArrayBuffer(0);
  #bytes = new Uint8Array(this.#hashes);
  #archive = new Int32Array(0);
  #size = new Float64Array(0);
  #offset = new Float64Array(0);
  #bytesLength = new Float64Array(0);
  #skip = new Float64Array(0);
  #lookup: HashLookup | undefined;

  get length(): number {
    return this.#length;
  }

  /** Makes room for so many, so that it need not grow. */
  reserve(slots: number): void {
    if (slots > this.#size.length) this.#resize(slots);
  }

  /** @returns The slot it is in from now on. */
  add(hash: Uint8Array, sizeBytes: number, { archive, offset, length, skip }: Place): number {
    return this.addAt(hash, sizeBytes, archive, offset, length, skip);
  }

  /** As {@link add}, for what is done a million times. */
  addAt(
    hash: Uint8Array,
    sizeBytes: number,
    archive: number,
    offset: number,
    length: number,
    skip: number,
  ): number {
    const slot = this.#length++;
    if (slot >= this.#size.length) this.#resize(Math.max(1024, Math.ceil(slot * 1.5)));
    this.#bytes.set(hash, slot * HASH_BYTES);
    this.#size[slot] = sizeBytes;
    this.#archive[slot] = archive;
    this.#offset[slot] = offset;
    this.#bytesLength[slot] = length;
    this.#skip[slot] = skip;
    return slot;
  }

  hash(slot: number): Uint8Array {
    return this.#bytes.subarray(slot * HASH_BYTES, (slot + 1) * HASH_BYTES);
  }

  /** Bytes of the content. */
  size(slot: number): number {
    return this.#size[slot] ?? 0;
  }

  archive(slot: number): number {
    return this.#archive[slot] ?? 0;
  }

  place(slot: number): Place {
    return {
      archive: this.archive(slot),
      offset: this.#offset[slot] ?? 0,
      length: this.#bytesLength[slot] ?? 0,
      skip: this.#skip[slot] ?? 0,
    };
  }

  /**
   * Makes what there is by now known to {@link find}; what is added later is not.
   *
   * @param usable - Which slots to know; those of one place are known as one.
   * @returns The table, for workers, and for each slot that shares its place with an earlier one, that one.
   */
  seal(usable: (slot: number) => boolean): { shared: SharedHashes; same: ReadonlyMap<number, number> } {
    let capacity = 16;
    while (capacity < this.#length * 2) capacity *= 2;
    const shared = { hashes: this.#hashes, table: new SharedArrayBuffer(capacity * 4) };
    const table = new Int32Array(shared.table).fill(EMPTY);
    const same = new Map<number, number>();
    for (let slot = 0; slot < this.#length; slot++) {
      if (!usable(slot)) continue;
      let at = start(this.#bytes, slot * HASH_BYTES) & (capacity - 1);
      for (; table[at] !== EMPTY; at = (at + 1) & (capacity - 1)) {
        const other = table[at] ?? EMPTY;
        if (!this.#isSamePlace(slot, other)) continue;
        same.set(slot, other);
        break;
      }
      if (table[at] === EMPTY) table[at] = slot;
    }
    this.#lookup = new HashLookup(shared);
    return { shared, same };
  }

  /** The slots known to hold content with this hash. */
  find(hash: Uint8Array): Iterable<number> {
    return this.#lookup?.slots(hash) ?? [];
  }

  #isSamePlace(a: number, b: number): boolean {
    return (
      this.#archive[a] === this.#archive[b] &&
      this.#offset[a] === this.#offset[b] &&
      this.#skip[a] === this.#skip[b] &&
      isSame(this.#bytes, a * HASH_BYTES, this.hash(b))
    );
  }

  #resize(capacity: number): void {
    this.#hashes = new SharedArrayBuffer(capacity * HASH_BYTES);
    const bytes = new Uint8Array(this.#hashes);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#archive = grown(this.#archive, new Int32Array(capacity));
    this.#size = grown(this.#size, new Float64Array(capacity));
    this.#offset = grown(this.#offset, new Float64Array(capacity));
    this.#bytesLength = grown(this.#bytesLength, new Float64Array(capacity));
    this.#skip = grown(this.#skip, new Float64Array(capacity));
  }
}

function grown<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** A hash is spread evenly as it is. */
function start(hashes: Uint8Array, at: number): number {
  return (
    (hashes[at] ?? 0) |
    ((hashes[at + 1] ?? 0) << 8) |
    ((hashes[at + 2] ?? 0) << 16) |
    ((hashes[at + 3] ?? 0) << 24)
  );
}

function isSame(hashes: Uint8Array, at: number, hash: Uint8Array): boolean {
  for (let i = 0; i < HASH_BYTES; i++) if (hashes[at + i] !== hash[i]) return false;
  return true;
}
