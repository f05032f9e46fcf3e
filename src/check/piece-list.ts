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

/** Pieces as they go to other threads. */
export interface SharedPieces {
  readonly length: number;
  /** Offset, length, skip and size of each slot, one after the other. */
  readonly numbers: Float64Array<SharedArrayBuffer>;
  /** 32 bytes for each slot. */
  readonly hashes: Uint8Array<SharedArrayBuffer>;
}

const NUMBERS = 4;
const HASH_BYTES = 32;

/** Pieces in columns, in the order in which they came: as objects, the collector would move a million of them again and again. */
export class PieceList {
  #length = 0;
  #numbers = new Float64Array(new SharedArrayBuffer(0));
  #hashes = new Uint8Array(new SharedArrayBuffer(0));

  get length(): number {
    return this.#length;
  }

  /** @returns Its slot. */
  add({ offset, length, skip, size, hash }: Piece): number {
    const slot = this.#length++;
    if (slot * HASH_BYTES >= this.#hashes.length) this.#grow(Math.max(64, slot * 2));
    const at = slot * NUMBERS;
    this.#numbers[at] = offset;
    this.#numbers[at + 1] = length;
    this.#numbers[at + 2] = skip;
    this.#numbers[at + 3] = size;
    this.#hashes.set(hash, slot * HASH_BYTES);
    return slot;
  }

  /** What there is by now. */
  share(): SharedPieces {
    return { length: this.#length, numbers: this.#numbers, hashes: this.#hashes };
  }

  /** Offset (0), length, skip or size (3) of `slot`. */
  number(slot: number, n: number): number {
    return this.#numbers[slot * NUMBERS + n] ?? 0;
  }

  isHash(slot: number, hash: Uint8Array): boolean {
    return isHash(this.#hashes, slot, hash);
  }

  #grow(capacity: number): void {
    const numbers = new Float64Array(new SharedArrayBuffer(capacity * NUMBERS * 8));
    numbers.set(this.#numbers);
    this.#numbers = numbers;
    const hashes = new Uint8Array(new SharedArrayBuffer(capacity * HASH_BYTES));
    hashes.set(this.#hashes);
    this.#hashes = hashes;
  }
}

/** The piece in `slot`. */
export function pieceAt({ numbers, hashes }: Pick<SharedPieces, 'numbers' | 'hashes'>, slot: number): Piece {
  const at = slot * NUMBERS;
  return {
    offset: numbers[at] ?? 0,
    length: numbers[at + 1] ?? 0,
    skip: numbers[at + 2] ?? 0,
    size: numbers[at + 3] ?? 0,
    hash: hashes.subarray(slot * HASH_BYTES, (slot + 1) * HASH_BYTES),
  };
}

/** Whether the piece in `slot` has this hash. */
export function isHash(hashes: Uint8Array, slot: number, hash: Uint8Array): boolean {
  for (let i = 0; i < HASH_BYTES; i++) if (hashes[slot * HASH_BYTES + i] !== hash[i]) return false;
  return true;
}
