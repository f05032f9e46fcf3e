import { Damage } from '../damage.ts';
import type { Frame } from '../zstd/read-frames.ts';

/** The tar that lies in the frames, read forward. What it is asked for may span frames anywhere. */
export class TarStream {
  readonly #frames: AsyncGenerator<Frame>;
  #frame: Frame = { offset: 0, length: 0, content: Buffer.alloc(0) };
  #at = 0;

  constructor(frames: AsyncGenerator<Frame>) {
    this.#frames = frames;
  }

  /** Where the frame begins that the last byte came from. */
  get frameStart(): number {
    return this.#frame.offset;
  }

  /** Where that frame ends. */
  get frameEnd(): number {
    return this.#frame.offset + this.#frame.length;
  }

  /** Bytes of the content of that frame that were taken. */
  get skip(): number {
    return this.#at;
  }

  /** In words. */
  get position(): string {
    return `byte ${this.#at} of the frame at byte ${this.#frame.offset}`;
  }

  /** Whether nothing follows. */
  async isAtEnd(): Promise<boolean> {
    while (this.#at === this.#frame.content.length) {
      if (!(await this.#next())) return true;
    }
    return false;
  }

  /** Between 1 and `length` bytes; undefined at the end of the last frame. */
  async some(length: number): Promise<Buffer | undefined> {
    if (await this.isAtEnd()) return undefined;
    const bytes = this.#frame.content.subarray(this.#at, this.#at + length);
    this.#at += bytes.length;
    return bytes;
  }

  /** The next `length` bytes, in pieces. */
  async *pieces(length: number): AsyncGenerator<Buffer> {
    for (let left = length; left > 0;) {
      const piece = await this.#piece(left);
      left -= piece.length;
      yield piece;
    }
  }

  /** Hands the next `length` bytes to `take`, in pieces. */
  async pass(length: number, take: (piece: Buffer) => void): Promise<void> {
    for (let left = length; left > 0;) {
      const piece = await this.#piece(left);
      left -= piece.length;
      take(piece);
    }
  }

  /** The next `length` bytes, which must be few. */
  async take(length: number): Promise<Buffer> {
    const { content } = this.#frame;
    // Nearly always.
    if (this.#at + length <= content.length) return content.subarray(this.#at, (this.#at += length));
    const pieces: Buffer[] = [];
    await this.pass(length, (piece) => pieces.push(piece));
    return Buffer.concat(pieces);
  }

  /**
   * Where the frames end that belong to a file without content whose header was just read: one that was large
   * and became empty while it was packed has a frame of its own, which holds nothing.
   */
  async endOfEmpty(): Promise<number> {
    let end = this.frameEnd;
    while (this.#at === this.#frame.content.length && (await this.#next())) {
      if (this.#frame.content.length > 0) break;
      end = this.frameEnd;
    }
    return end;
  }

  /** Between 1 and `left` bytes. */
  async #piece(left: number): Promise<Buffer> {
    const piece = await this.some(left);
    if (piece !== undefined) return piece;
    throw new Damage(`it ends at ${this.position}, where ${left} bytes should follow`);
  }

  async #next(): Promise<boolean> {
    const next = await this.#frames.next();
    if (next.done === true) return false;
    this.#frame = next.value;
    this.#at = 0;
    return true;
  }
}
