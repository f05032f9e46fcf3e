import { createHash } from 'node:crypto';
import { type Decompressor, loadCompressor, loadDecompressor, measureFrame } from '../archive/zstd.ts';
import { SnapshotError } from '../errors.ts';
import { groupName, userName } from '../host/users.ts';
import type { StoreWriter } from '../store/store.ts';
import type { PreviousCursor } from '../tree/compare.ts';
import type { Entry } from '../tree/entry.ts';
import { type BytePath, comparePaths, display } from '../tree/path.ts';
import { formatLine, formatScanned, type IndexEntry, parseLine } from './index-line.ts';

/** Text per zstd frame, before compression; what is read back at once. */
const FRAME_BYTES = 1024 * 1024;

/**
 * Writes an index: `items` in path order.
 *
 * @returns Its size and SHA-256, as info.json has them. The caller commits `writer`.
 */
export async function writeIndex(
  items: Iterable<IndexEntry>,
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
  for (const item of items) {
    const line = `${formatLine(item)}\n`;
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
 * Goes through the entries of an index, in path order.
 *
 * What is wrong with it is thrown as {@link SnapshotError} `E_DAMAGED` by the call that meets it.
 */
export class IndexCursor implements PreviousCursor {
  readonly #bytes: Buffer;
  readonly #zstd: Decompressor;
  readonly #where: string;
  /** Bytes decompressed so far. */
  #done = 0;
  /** The frame at work, one character per byte, and where the entry's line begins in it. */
  #text = '';
  #at = 0;
  #parsed: IndexEntry | undefined;
  #last: BytePath | undefined;

  private constructor(bytes: Buffer, zstd: Decompressor, where: string) {
    this.#bytes = bytes;
    this.#zstd = zstd;
    this.#where = where;
  }

  /**
   * @param bytes - The whole file.
   * @param sha256 - What info.json says of it.
   * @param where - The file, for messages.
   * @throws {@link SnapshotError} `E_DAMAGED` when the file is not what info.json says.
   */
  static open(bytes: Buffer, sha256: string, where: string): IndexCursor {
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
      throw new SnapshotError('E_DAMAGED', `"${where}" is damaged: its SHA-256 is not what info.json says`);
    }
    return new IndexCursor(bytes, loadDecompressor(), where);
  }

  peek(): IndexEntry | undefined {
    if (this.#parsed !== undefined || !this.#hasLine()) return this.#parsed;
    const end = this.#lineEnd(this.#at);
    const parsed = parseLine(
      Buffer.from(this.#text.slice(this.#at, end), 'latin1').toString('utf8'),
      this.#where,
    );
    if (this.#last !== undefined && comparePaths(this.#last, parsed.entry.path) >= 0) {
      throw new SnapshotError(
        'E_DAMAGED',
        `"${this.#where}" is damaged: \`${display(parsed.entry.path)}\` is out of order`,
      );
    }
    this.#last = parsed.entry.path;
    this.#parsed = parsed;
    return parsed;
  }

  skip(): void {
    this.#parsed = undefined;
    if (this.#hasLine()) this.#at = this.#lineEnd(this.#at) + 1;
  }

  skipSame(entry: Entry): boolean {
    if (!this.#hasLine()) return false;
    const expected = formatScanned(entry, { user: userName(entry.uid), group: groupName(entry.gid) });
    // Faster than startsWith(), which is not compiled into machine code.
    if (this.#text.slice(this.#at, this.#at + expected.length) !== expected) return false;
    this.#parsed = undefined;
    this.#last = entry.path;
    this.#at = this.#lineEnd(this.#at + expected.length) + 1;
    return true;
  }

  /** Whether there is a line; reads the next frame where one ends. Lines never span frames. */
  #hasLine(): boolean {
    while (this.#at >= this.#text.length) {
      if (this.#done >= this.#bytes.length) return false;
      const frame = measureFrame(this.#bytes.subarray(this.#done));
      const bytes = this.#bytes.subarray(this.#done, this.#done + frame.bytes);
      this.#text = this.#zstd.decompress(bytes, frame.contentBytes ?? 0).toString('latin1');
      this.#at = 0;
      this.#done += frame.bytes;
    }
    return true;
  }

  #lineEnd(from: number): number {
    const end = this.#text.indexOf('\n', from);
    if (end < 0)
      throw new SnapshotError('E_DAMAGED', `"${this.#where}" is damaged: its last line is cut short`);
    return end;
  }
}
