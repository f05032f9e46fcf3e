// Sparse files as GNU tar stores them in its format 1.0: a map of the stretches that hold data, then these. docs/format.md, "Sparse
// files".
import { Breath } from '../base/breath.ts';
import { Damage } from './damage.ts';

/** A part of a file that holds data; what is in none is zeros. */
export interface Stretch {
  readonly offset: number;
  readonly length: number;
}

/** More than this are told as fewer. */
export const MOST_STRETCHES = 65_536;

const BLOCK_BYTES = 512;

/** So many numbers of so many digits at most, and the line ends. */
const MOST_MAP_BYTES = 17 * (2 * MOST_STRETCHES + 1);

const ZEROS = new Uint8Array(1024 * 1024);

/**
 * The `skip` of a place where a sparse member lies, as it is kept in memory: so it goes wherever places go, and is another place than that of
 * a member that is whole. (Before every map there is a header, so it is never 0.)
 *
 * @param mapAt - Where the map begins.
 */
export function sparseSkip(mapAt: number): number {
  return -mapAt;
}

/** Whether it is one of {@link sparseSkip}. */
export function isSparse(skip: number): boolean {
  return skip < 0;
}

/** So many zeros, in pieces of one memory that nobody may write to. */
export function* zeros(count: number): Generator<Uint8Array> {
  for (let left = count; left > 0; left -= ZEROS.length)
    yield left < ZEROS.length ? ZEROS.subarray(0, left) : ZEROS;
}

/** Whether a piece of content is of {@link zeros}. */
export function isOfHole(content: Uint8Array): boolean {
  return content.buffer === ZEROS.buffer;
}

/** The map of a file, in whole blocks. */
export function formatMap(stretches: readonly Stretch[], sizeBytes: number): Buffer {
  const last = stretches.at(-1);
  const isOpen = last === undefined || last.offset + last.length < sizeBytes;
  const all = isOpen ? [...stretches, { offset: sizeBytes, length: 0 }] : stretches;
  const text = [all.length, ...all.flatMap(({ offset, length }) => [offset, length])].join('\n');
  const bytes = Buffer.alloc(Math.ceil((text.length + 1) / BLOCK_BYTES) * BLOCK_BYTES);
  bytes.write(`${text}\n`, 'latin1');
  return bytes;
}

/** Makes the content of a sparse file of what stands in the archive. */
export class Expansion {
  readonly #sizeBytes: number;
  #head = Buffer.alloc(0);
  #stretches: readonly Stretch[] | undefined;
  /** The stretch at work, and how much of it is done. */
  #n = 0;
  #done = 0;
  /** Bytes of content that were given. */
  #at = 0;

  /** @param sizeBytes - Of the whole content. */
  constructor(sizeBytes: number) {
    this.#sizeBytes = sizeBytes;
  }

  /** Whether all of the content was given. */
  get isWhole(): boolean {
    return this.#stretches !== undefined && this.#at === this.#sizeBytes;
  }

  /**
   * Takes what comes next in the archive. @returns What comes next in the file; what follows its end is passed over.
   *
   * @throws {@link Damage} when there is no map, or it is none of a file of this size.
   */
  *add(bytes: Uint8Array): Generator<Uint8Array> {
    let rest = bytes;
    if (this.#stretches === undefined) {
      this.#head = Buffer.concat([this.#head, rest]);
      const map = parseMap(this.#head, this.#sizeBytes);
      if (map === undefined) return;
      this.#stretches = map.stretches;
      rest = this.#head.subarray(map.bytes);
      this.#head = Buffer.alloc(0);
    }
    for (;;) {
      const stretch = this.#stretches[this.#n];
      yield* this.#zerosTo(stretch === undefined ? this.#sizeBytes : stretch.offset);
      if (stretch === undefined) return;
      const own = rest.subarray(0, stretch.length - this.#done);
      rest = rest.subarray(own.length);
      this.#done += own.length;
      this.#at += own.length;
      if (own.length > 0) yield own;
      if (this.#done < stretch.length) return;
      this.#n++;
      this.#done = 0;
    }
  }

  *#zerosTo(end: number): Generator<Uint8Array> {
    // Within a stretch there is nothing to fill.
    if (this.#done > 0 || end <= this.#at) return;
    const count = end - this.#at;
    this.#at = end;
    yield* zeros(count);
  }
}

/**
 * The content of the sparse member in `pieces`.
 *
 * @param skip - As {@link sparseSkip} gives it: from there on counts what is in `pieces`.
 * @throws {@link Damage} when that is not all of `sizeBytes`.
 */
export async function* expanded(
  pieces: AsyncIterable<Uint8Array>,
  skip: number,
  sizeBytes: number,
): AsyncGenerator<Uint8Array> {
  const expansion = new Expansion(sizeBytes);
  const breath = new Breath();
  let before = -skip;
  for await (const piece of pieces) {
    const own = piece.subarray(before);
    before = Math.max(0, before - piece.length);
    for (const content of expansion.add(own)) {
      yield content;
      await breath.after(content.length);
    }
    if (expansion.isWhole) return;
  }
  if (!expansion.isWhole) throw new Damage('its sparse map says more than there is');
}

interface FoundMap {
  readonly stretches: readonly Stretch[];
  /** Where the data begins. */
  readonly bytes: number;
}

/** The map at the beginning of `head`; undefined when more of it is to come. */
function parseMap(head: Buffer, sizeBytes: number): FoundMap | undefined {
  const numbers: number[] = [];
  let at = 0;
  for (let needed = 1; numbers.length < needed;) {
    const end = head.indexOf(0x0a, at);
    if (end < 0) {
      if (head.length - at > 16 || head.length > MOST_MAP_BYTES)
        throw new Damage('its sparse map has no end');
      return undefined;
    }
    const digits = head.toString('latin1', at, Math.min(end, at + 17));
    const value = /^\d{1,16}$/.test(digits) ? Number(digits) : Number.NaN;
    if (!Number.isSafeInteger(value)) throw new Damage('its sparse map has something else than numbers');
    numbers.push(value);
    if (numbers.length === 1) needed += 2 * value;
    if (needed > 2 * MOST_STRETCHES + 3) throw new Damage(`its sparse map has ${value} stretches`);
    at = end + 1;
  }
  const bytes = Math.ceil(at / BLOCK_BYTES) * BLOCK_BYTES;
  if (head.length < bytes) return undefined;
  const stretches: Stretch[] = [];
  let end = 0;
  for (let n = 1; n < numbers.length; n += 2) {
    const [offset = 0, length = 0] = [numbers[n], numbers[n + 1]];
    if (offset < end || offset + length > sizeBytes) {
      throw new Damage('its sparse map is not that of a file of its size');
    }
    stretches.push({ offset, length });
    end = offset + length;
  }
  return { stretches, bytes };
}
