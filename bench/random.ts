// Random numbers that are the same on every machine, for a corpus that is the same on every machine.
// Integer arithmetic only: Math.exp and its kin may differ in the last bit from one engine to the next.

const UINT32_RANGE = 0x1_0000_0000;

/** FNV-1a, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
function hashKey(key: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const char of Buffer.from(key.join('\0'))) hash = Math.imul(hash ^ char, 0x01000193);
  return hash >>> 0;
}

/**
 * The generator xoshiro128** of Blackman and Vigna (https://prng.di.unimi.it/xoshiro128starstar.c), its
 * state filled by the finalizer of MurmurHash3 over a Weyl sequence, as SplitMix does.
 *
 * Equal keys give equal sequences. A key per file makes a file's content independent of every other's.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(...key: readonly (string | number)[]) {
    let weyl = hashKey(key);
    const mix = (): number => {
      weyl = (weyl + 0x9e3779b9) | 0;
      let bits = Math.imul(weyl ^ (weyl >>> 16), 0x85ebca6b);
      bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
      return (bits ^ (bits >>> 16)) >>> 0;
    };
    this.#a = mix();
    this.#b = mix();
    this.#c = mix();
    this.#d = mix();
  }

  /** The next 32 bits, as an unsigned number. */
  next(): number {
    const product = Math.imul(this.#b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** A whole number from 0 to `limit - 1`. */
  below(limit: number): number {
    return Math.floor((this.next() / UINT32_RANGE) * limit);
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  pick<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)];
    if (item === undefined) throw new Error('Cannot pick from an empty list');
    return item;
  }

  /** Like `pick`, but the front of the list comes up more often, as words do in a text. */
  pickFrontHeavy<T>(list: readonly T[]): T {
    const first = this.next() / UINT32_RANGE;
    const item = list[Math.floor(first * first * list.length)];
    if (item === undefined) throw new Error('Cannot pick from an empty list');
    return item;
  }

  /** A new list with the items of `list` in random order (Fisher-Yates). */
  shuffle<T>(list: readonly T[]): T[] {
    const items = [...list];
    for (let last = items.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [items[last], items[other]] = [items[other]!, items[last]!];
    }
    return items;
  }

  /** Fills `target` with bytes that do not compress. `target` begins at a multiple of 4 in its buffer. */
  fill(target: Uint8Array): void {
    const words = new Uint32Array(target.buffer, target.byteOffset, target.length >>> 2);
    for (let index = 0; index < words.length; index++) words[index] = this.next();
    for (let index = words.length * 4; index < target.length; index++) target[index] = this.next();
  }
}
