import { createHash } from 'node:crypto';
import type { Decompressor } from '../../format/zstd/codec.ts';
import { loadCompressor } from '../../format/zstd/zstd.ts';
import { measureFrame } from '../../format/zstd/frame.ts';
import { damaged, SnapshotError } from '../../base/errors.ts';
import type { StoreWriter } from '../../store/store.ts';

/** Text per zstd frame, before compression; what is read back at once. */
const FRAME_BYTES = 1024 * 1024;

/** Far more than a frame with one very long line takes; what claims more is made to fill memory. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024;

/**
 * Writes `lines`, without their ends and with one character per byte, as a `.jsonl.zst`.
 *
 * @returns Size and SHA-256 of the file, as info.json has them. The caller commits `writer`.
 */
export async function writeLines(
  lines: Iterable<string>,
  writer: StoreWriter,
): Promise<{ bytes: number; sha256: string }> {
  const zstd = await loadCompressor();
  const sha256 = createHash('sha256');
  // Lines go into one buffer as they come: a million strings that wait to be joined are what a heap grows by.
  let text = Buffer.allocUnsafeSlow(FRAME_BYTES * 2);
  let length = 0;
  let bytes = 0;
  const flush = async (): Promise<void> => {
    const frame = zstd.compress(text.subarray(0, length));
    sha256.update(frame);
    bytes += frame.length;
    await writer.write(frame);
    length = 0;
  };
  for (const content of lines) {
    const line = `${content}\n`;
    if (length + line.length > text.length) {
      if (length > 0) await flush();
      if (line.length > text.length) text = Buffer.allocUnsafeSlow(line.length);
    }
    length += text.write(line, length, 'latin1');
    if (length >= FRAME_BYTES) await flush();
  }
  if (length > 0 || bytes === 0) await flush();
  return { bytes, sha256: sha256.digest('hex') };
}

/**
 * Goes through the lines of a `.jsonl.zst`, one frame in memory at a time. Lines never span frames.
 *
 * What is wrong with the file is thrown as {@link SnapshotError} `E_DAMAGED` by the call that meets it.
 */
export class LineReader {
  /** The frame at work, and the same as text, one character per byte. */
  frame: Buffer = Buffer.alloc(0);
  text = '';
  /** Where the line at work begins in the frame. */
  at = 0;
  /** The file, for messages. */
  readonly where: string;
  readonly #bytes: Buffer;
  readonly #zstd: Decompressor;
  /** Bytes decompressed so far. */
  #done = 0;
  #frameStart = 0;

  private constructor(bytes: Buffer, zstd: Decompressor, where: string) {
    this.#bytes = bytes;
    this.#zstd = zstd;
    this.where = where;
  }

  /**
   * @param bytes - The whole file.
   * @param sha256 - What info.json says of it.
   * @throws {@link SnapshotError} `E_DAMAGED` when the file is not what info.json says.
   */
  static open(bytes: Buffer, sha256: string, where: string, zstd: Decompressor): LineReader {
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
      throw damaged(where, 'its SHA-256 is not what info.json says');
    }
    return new LineReader(bytes, zstd, where);
  }

  /** Whether there is a line; reads the next frame where one ends. */
  hasLine(): boolean {
    while (this.at >= this.frame.length) {
      if (this.#done >= this.#bytes.length) return false;
      this.#frameStart = this.#done;
      this.frame = this.#nextFrame();
      this.text = this.frame.toString('latin1');
      this.at = 0;
    }
    return true;
  }

  /** Where the line at work is, in words. */
  get place(): string {
    return `byte ${this.at} of the frame at byte ${this.#frameStart}`;
  }

  /** The line at work, as the text it is. */
  line(): string {
    return this.frame.toString('utf8', this.at, this.end());
  }

  /** Where the line at work ends. @param from - A place in it. */
  end(from: number = this.at): number {
    const end = this.text.indexOf('\n', from);
    if (end < 0) throw this.#damaged(`its last line is cut short, at ${this.place}`);
    return end;
  }

  #nextFrame(): Buffer {
    try {
      const { bytes, contentBytes = 0 } = measureFrame(this.#bytes.subarray(this.#done));
      if (contentBytes > MAX_FRAME_BYTES)
        throw new SnapshotError('E_DAMAGED', `it claims ${contentBytes} bytes`);
      const frame = this.#bytes.subarray(this.#done, this.#done + bytes);
      const content = this.#zstd.decompress(frame, contentBytes);
      this.#done += bytes;
      return content;
    } catch (error) {
      if (!(error instanceof SnapshotError) || error.code !== 'E_DAMAGED') throw error;
      throw this.#damaged(`the frame at byte ${this.#done}: ${error.message}`);
    }
  }

  #damaged(what: string): SnapshotError {
    return damaged(this.where, what);
  }
}
