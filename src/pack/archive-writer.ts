import { createHash, type Hash } from 'node:crypto';
import { type FrameSize, seekTable } from '../format/zstd/seek-table.ts';
import { END_OF_ARCHIVE } from '../format/tar/tar.ts';
import { endOfDirectory, shiftOffsets } from '../format/zip/zip.ts';
import type { Compressor } from '../format/zstd/codec.ts';
import type { StoreWriter } from '../store/store.ts';
import { WriteBehind } from './write-behind.ts';

/** One archive of a snapshot, finished. */
export interface PackedArchive {
  /** Its name in the snapshot's folder. */
  readonly file: string;
  readonly bytes: number;
  /** Of the whole file, hexadecimal. */
  readonly sha256: string;
}

/** A place in an archive to go back to. */
export interface Mark {
  readonly bytes: number;
  readonly hash: Hash;
  readonly frames: number;
}

/** Writes one archive: segments one after the other, then what its format wants at the end. */
export class ArchiveWriter {
  readonly file: string;
  readonly #writer: StoreWriter;
  readonly #queue: WriteBehind;
  readonly #zstd: Compressor | undefined;
  readonly #frames: FrameSize[] = [];
  readonly #directory: Uint8Array[] = [];
  #hash = createHash('sha256');
  #bytes = 0;
  #members = 0;

  /** @param zstd - For a tar.zst; undefined for a zip. */
  constructor(file: string, writer: StoreWriter, zstd: Compressor | undefined) {
    this.file = file;
    this.#writer = writer;
    this.#queue = new WriteBehind(writer);
    this.#zstd = zstd;
  }

  /** Bytes written so far: where the next segment begins. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * @param contentBytes - Of the segment, before it was compressed.
   * @param written - Called when the memory of `bytes` may be used again.
   */
  async append(bytes: Uint8Array, contentBytes: number, written?: () => void): Promise<void> {
    if (bytes.length === 0) {
      written?.();
      return;
    }
    this.#hash.update(bytes);
    await this.#queue.write(bytes, written);
    this.#bytes += bytes.length;
    this.#frames.push({ compressedBytes: bytes.length, contentBytes });
  }

  /** Takes zip records for the central directory, whose offsets count from `base`. */
  addDirectory(records: Uint8Array, base: number, members: number): void {
    if (base + 0xffff > 0xffffffff) throw new Error('a zip segment begins past 4 GiB');
    shiftOffsets(records, base);
    this.#directory.push(records);
    this.#members += members;
  }

  mark(): Mark {
    return { bytes: this.#bytes, hash: this.#hash.copy(), frames: this.#frames.length };
  }

  /** Takes out all that came since `mark`. */
  async rewind(mark: Mark): Promise<void> {
    await this.#queue.drain();
    await this.#writer.rewind(mark.bytes);
    this.#bytes = mark.bytes;
    this.#hash = mark.hash.copy();
    this.#frames.length = mark.frames;
  }

  /** Ends the archive; {@link commit} is still to come. */
  async finish(): Promise<PackedArchive> {
    if (this.#zstd === undefined) {
      const start = this.#bytes;
      for (const records of this.#directory) await this.append(records, 0);
      const end = endOfDirectory(this.#members, this.#bytes - start, start);
      await this.append(end, 0);
    } else {
      await this.append(this.#zstd.compress(END_OF_ARCHIVE), END_OF_ARCHIVE.length);
      await this.append(seekTable(this.#frames), 0);
    }
    return { file: this.file, bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  /** Makes the archive appear, whole and on disk; when that fails, nothing of it is left. */
  async commit(): Promise<void> {
    try {
      await this.#queue.drain();
      await this.#writer.commit();
    } catch (error) {
      await this.discard();
      throw error;
    }
  }

  async discard(): Promise<void> {
    // A write that failed is why this is called.
    await this.#queue.drain().catch(() => {});
    await this.#writer.discard();
  }
}
