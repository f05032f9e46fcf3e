import { Damage } from './damage.ts';
import type { ArchiveSource } from './found-member.ts';

/** What is read at once: few requests, and about what one of our frames takes. */
const CHUNK_BYTES = 4 * 1024 * 1024;

/** Reads a part of a source forward, with a window of what was read and not yet taken. */
export class SourceReader {
  readonly #source: ArchiveSource;
  readonly #end: number;
  #window: Buffer = Buffer.alloc(0);
  #windowEnd: number;

  /** @param end - Where the part ends; at most the size of the source. */
  constructor(source: ArchiveSource, start: number, end: number) {
    this.#source = source;
    this.#windowEnd = start;
    this.#end = end;
  }

  /** Where the next byte lies in the source. */
  get at(): number {
    return this.#windowEnd - this.#window.length;
  }

  /** Bytes up to the end of the part. */
  get leftBytes(): number {
    return this.#end - this.at;
  }

  /** The next bytes, which stay: at least `length`, or all that are left when they are fewer. */
  async peek(length: number): Promise<Buffer> {
    const wanted = Math.max(length - this.#window.length, CHUNK_BYTES);
    const readBytes = Math.min(wanted, this.#end - this.#windowEnd);
    if (length > this.#window.length && readBytes > 0) {
      const more = await this.#source.read(this.#windowEnd, readBytes);
      if (more.length !== readBytes) throw new Damage(`it cannot be read at byte ${this.#windowEnd}`);
      this.#windowEnd += readBytes;
      this.#window = this.#window.length === 0 ? more : Buffer.concat([this.#window, more]);
    }
    return this.#window;
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
