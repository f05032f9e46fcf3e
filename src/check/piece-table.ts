/** A piece of content, and where in an archive it lies. */
export interface Piece {
  readonly offset: number;
  readonly length: number;
  readonly skip: number;
  /** Bytes of content. */
  readonly size: number;
  /** 32 bytes. */
  readonly hash: Uint8Array;
}

/** A {@link PieceTable} as it goes to other threads. */
export interface SharedPieces {
  readonly length: number;
  /** Offset, length, skip and size of each slot, one after the other. */
  readonly numbers: Float64Array<SharedArrayBuffer>;
  /** 32 bytes for each slot. */
  readonly hashes: Uint8Array<SharedArrayBuffer>;
  /** Slots in the order in which they lie in the archive. */
  readonly order: Uint32Array<SharedArrayBuffer>;
}

const NUMBERS = 4;
const HASH_BYTES = 32;
const EMPTY = -1;

/**
 * What snapshots say an archive holds, each piece once, in a slot of its own. Two that differ in anything are
 * two pieces, even at the same place. In columns, as there may be a million.
 */
export class PieceTable {
  #length = 0;
  #numbers = new Float64Array(new SharedArrayBuffer(0));
  #hashes = new Uint8Array(new SharedArrayBuffer(0));
  /** For each slot, the last round that {@link touch} was called in. */
  #touched = new Uint32Array(0);
  /** Slots by their pieces; open addressing, a power of two of them. */
  #table = new Int32Array(16).fill(EMPTY);

  get length(): number {
    return this.#length;
  }

  /** The slot of `piece`, from now on if not before. */
  add(piece: Piece): number {
    const at = this.#search(piece);
    const known = this.#table[at] ?? EMPTY;
    if (known !== EMPTY) return known;
    const slot = this.#length++;
    if (slot >= this.#touched.length) this.#grow(Math.max(64, slot * 2));
    this.#numbers.set([piece.offset, piece.length, piece.skip, piece.size], slot * NUMBERS);
    this.#hashes.set(piece.hash, slot * HASH_BYTES);
    this.#table[at] = slot;
    if (this.#length * 2 > this.#table.length) this.#rehash();
    return slot;
  }

  /** The slot of `piece`; undefined when it was never added. */
  find(piece: Piece): number | undefined {
    const slot = this.#table[this.#search(piece)] ?? EMPTY;
    return slot === EMPTY ? undefined : slot;
  }

  /** The piece in `slot`. */
  at(slot: number): Piece {
    return pieceAt({ numbers: this.#numbers, hashes: this.#hashes }, slot);
  }

  /** Whether this is the first time in `round` (from 1, never going back) that `slot` is touched. */
  touch(slot: number, round: number): boolean {
    const isFirst = this.#touched[slot] !== round;
    this.#touched[slot] = round;
    return isFirst;
  }

  /** What there is by now, for another thread. */
  share(): SharedPieces {
    const order = new Uint32Array(new SharedArrayBuffer(this.#length * 4));
    for (let slot = 0; slot < this.#length; slot++) order[slot] = slot;
    order.sort((a, b) => this.#number(a, 0) - this.#number(b, 0) || this.#number(a, 2) - this.#number(b, 2));
    return { length: this.#length, numbers: this.#numbers, hashes: this.#hashes, order };
  }

  #number(slot: number, n: number): number {
    return this.#numbers[slot * NUMBERS + n] ?? 0;
  }

  /** Where in the table the slot of `piece` is, or would be. */
  #search({ offset, length, skip, size, hash }: Piece): number {
    const mask = this.#table.length - 1;
    let at = start(hash, offset, skip) & mask;
    for (; ; at = (at + 1) & mask) {
      const slot = this.#table[at] ?? EMPTY;
      if (slot === EMPTY) return at;
      const isSame =
        this.#number(slot, 0) === offset &&
        this.#number(slot, 1) === length &&
        this.#number(slot, 2) === skip &&
        this.#number(slot, 3) === size &&
        isHash(this.#hashes, slot, hash);
      if (isSame) return at;
    }
  }

  #grow(capacity: number): void {
    const numbers = new Float64Array(new SharedArrayBuffer(capacity * NUMBERS * 8));
    numbers.set(this.#numbers);
    this.#numbers = numbers;
    const hashes = new Uint8Array(new SharedArrayBuffer(capacity * HASH_BYTES));
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    const touched = new Uint32Array(capacity);
    touched.set(this.#touched);
    this.#touched = touched;
  }

  #rehash(): void {
    const slots = this.#table.filter((slot) => slot !== EMPTY);
    this.#table = new Int32Array(this.#table.length * 4).fill(EMPTY);
    for (const slot of slots) this.#table[this.#search(this.at(slot))] = slot;
  }
}

/** The piece in `slot`. */
export function pieceAt({ numbers, hashes }: Pick<SharedPieces, 'numbers' | 'hashes'>, slot: number): Piece {
  const [offset = 0, length = 0, skip = 0, size = 0] = numbers.subarray(slot * NUMBERS, (slot + 1) * NUMBERS);
  return { offset, length, skip, size, hash: hashes.subarray(slot * HASH_BYTES, (slot + 1) * HASH_BYTES) };
}

/** Whether the piece in `slot` has this hash. */
export function isHash(hashes: Uint8Array, slot: number, hash: Uint8Array): boolean {
  for (let i = 0; i < HASH_BYTES; i++) if (hashes[slot * HASH_BYTES + i] !== hash[i]) return false;
  return true;
}

/** Spread evenly: also for many pieces of one content, as someone may have made them. */
function start(hash: Uint8Array, offset: number, skip: number): number {
  const own = (hash[0] ?? 0) | ((hash[1] ?? 0) << 8) | ((hash[2] ?? 0) << 16) | ((hash[3] ?? 0) << 24);
  const place =
    Math.imul((offset % 0xfffffffb) | 0, 0x9e3779b1) ^ Math.imul((skip % 0xfffffffb) | 0, 0x85ebca6b);
  const mixed = own ^ place;
  return mixed ^ (mixed >>> 15);
}
