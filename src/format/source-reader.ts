import { Damage } from './damage.ts';
import type { ArchiveSource } from './found-member.ts';

/** What is read at once: few requests, and about what one of our frames takes. */
const CHUNK_BYTES = 4 * 1024 * 1024;

/** Reads a part of a source forward, with a window of what was read and not yet taken. */
export class SourceReader {
  readonly #source: ArchiveSource;
  readonly #end: number;
  readonly #isKept: boolean;
  /** Memory for the window; it begins anywhere within. */
  #memory: Buffer = Buffer.alloc(0);
  #window: Buffer = Buffer.alloc(0);
  #windowEnd: number;

  /**
   * @param end - Where the part ends; at most the size of the source.
   * @param isKept - Whether what it gives stays; else it is good until more is asked for.
   */
  constructor(source: ArchiveSource, start: number, end: number, isKept: boolean = true) {
    this.#source = source;
    this.#windowEnd = start;
    this.#end = end;
    this.#isKept = isKept;
  }

  /** Where the next byte lies in the source. */
  get at(): number {
    return this.#windowEnd - this.#window.length;
  }

  /** Bytes up to the end of the part. */
  get leftBytes(): number {
    return this.#end - this.at;
  }

  /** The next bytes: at least `length`, or all that are left when they are fewer. */
  async peek(length: number): Promise<Buffer> {
    const known = this.#window.length;
    const wanted = Math.max(length - known, CHUNK_BYTES);
    const readBytes = Math.min(wanted, this.#end - this.#windowEnd);
    if (length > known && readBytes > 0) {
      const memory = this.#room(known + readBytes);
      // Both may be the same memory: it moves to the front.
      this.#window.copy(memory);
      const place = memory.subarray(known, known + readBytes);
      const more = await this.#source.read(this.#windowEnd, readBytes, place);
      if (more.length !== readBytes) throw new Damage(`it cannot be read at byte ${this.#windowEnd}`);
      if (more.buffer !== place.buffer || more.byteOffset !== place.byteOffset) more.copy(place);
      this.#windowEnd += readBytes;
      this.#window = memory.subarray(0, known + readBytes);
    }
    return this.#window;
  }

  /** Memory for a window of so many bytes. */
  #room(bytes: number): Buffer {
    if (this.#isKept) return Buffer.allocUnsafe(bytes);
    const most = Math.min(2 * CHUNK_BYTES, this.leftBytes);
    if (this.#memory.length < bytes) this.#memory = Buffer.allocUnsafeSlow(Math.max(bytes, most));
    return this.#memory;
  }

  /**
   * The next `length` bytes.
   *
   * @throws {@link Damage} when fewer are left.
   */
  async take(length: number): Promise<Buffer> {
    if (length > this.leftBytes) {
      throw new Damage(`${length} bytes from byte ${this.at} on would lead past byte ${this.#end}`);
    }
    const bytes = (await this.peek(length)).subarray(0, length);
    this.#window = this.#window.subarray(length);
    return bytes;
  }

  /** The next `length` bytes, in pieces. */
  async *pieces(length: number, pieceBytes: number): AsyncGenerator<Buffer> {
    for (let left = length; left > 0;) {
      const piece = await this.take(Math.min(left, pieceBytes));
      left -= piece.length;
      yield piece;
    }
  }
}
