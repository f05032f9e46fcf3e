import { type Piece, pieceAt, PieceList, type SharedPieces } from './piece-list.ts';

/** A {@link PieceTable} as it goes to other threads. */
export interface OrderedPieces extends SharedPieces {
  /** Slots in the order in which they lie in the archive. */
  readonly order: Uint32Array<SharedArrayBuffer>;
}

const EMPTY = -1;

/**
 * What snapshots say an archive holds, each piece once, in a slot of its own. Two that differ in anything are
 * two pieces, even at the same place. In columns, as there may be a million.
 */
export class PieceTable {
  readonly #list = new PieceList();
  /** For each slot, the last round that {@link touch} was called in. */
  #touched = new Uint32Array(0);
  /** Slots by their pieces; open addressing, a power of two of them. */
  #table = new Int32Array(16).fill(EMPTY);

  get length(): number {
    return this.#list.length;
  }

  /** The slot of `piece`, from now on if not before. */
  add(piece: Piece): number {
    const at = this.#search(piece);
    const known = this.#table[at] ?? EMPTY;
    if (known !== EMPTY) return known;
    const slot = this.#list.add(piece);
    if (slot >= this.#touched.length) this.#grow(Math.max(64, slot * 2));
    this.#table[at] = slot;
    if (this.length * 2 > this.#table.length) this.#rehash();
    return slot;
  }

  /** The slot of `piece`; undefined when it was never added. */
  find(piece: Piece): number | undefined {
    const slot = this.#table[this.#search(piece)] ?? EMPTY;
    return slot === EMPTY ? undefined : slot;
  }

  /** The piece in `slot`. */
  at(slot: number): Piece {
    return pieceAt(this.#list.share(), slot);
  }

  /** Whether this is the first time in `round` (from 1, never going back) that `slot` is touched. */
  touch(slot: number, round: number): boolean {
    const isFirst = this.#touched[slot] !== round;
    this.#touched[slot] = round;
    return isFirst;
  }

  /** What there is by now, for another thread. */
  share(): OrderedPieces {
    const list = this.#list;
    const order = new Uint32Array(new SharedArrayBuffer(this.length * 4));
    for (let slot = 0; slot < this.length; slot++) order[slot] = slot;
    order.sort((a, b) => list.number(a, 0) - list.number(b, 0) || list.number(a, 2) - list.number(b, 2));
    return { ...list.share(), order };
  }

  /** Where in the table the slot of `piece` is, or would be. */
  #search({ offset, length, skip, size, hash }: Piece): number {
    const mask = this.#table.length - 1;
    let at = start(hash, offset, skip) & mask;
    for (; ; at = (at + 1) & mask) {
      const slot = this.#table[at] ?? EMPTY;
      if (slot === EMPTY) return at;
      const isSame =
        this.#list.number(slot, 0) === offset &&
        this.#list.number(slot, 1) === length &&
        this.#list.number(slot, 2) === skip &&
        this.#list.number(slot, 3) === size &&
        this.#list.isHash(slot, hash);
      if (isSame) return at;
    }
  }

  #grow(capacity: number): void {
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

/** Spread evenly: also for many pieces of one content, as someone may have made them. */
function start(hash: Uint8Array, offset: number, skip: number): number {
  const own = (hash[0] ?? 0) | ((hash[1] ?? 0) << 8) | ((hash[2] ?? 0) << 16) | ((hash[3] ?? 0) << 24);
  const place =
    Math.imul((offset % 0xfffffffb) | 0, 0x9e3779b1) ^ Math.imul((skip % 0xfffffffb) | 0, 0x85ebca6b);
  const mixed = own ^ place;
  return mixed ^ (mixed >>> 15);
}
