// A tar, as it comes from the headers that snapshots have too: names are bytes, times have nanoseconds.
import { createGzip, type Gzip } from 'node:zlib';
import type { Member } from '../../format/member.ts';
import { END_OF_ARCHIVE, maxHeaderBytes, paddedBytes, writeHeader } from '../../format/tar/tar.ts';
import type { Compressor } from '../../format/zstd/codec.ts';
import { loadCompressor } from '../../format/zstd/zstd.ts';
import type { ArchiveSink } from './archive-sink.ts';
import type { FileContent } from './contents.ts';
import { type Output, Pump } from './output.ts';

/** One frame holds so much, as in snapshots. */
const FRAME_BYTES = 4 * 1024 * 1024;

/** An output that has something to write once nothing more comes. */
interface Packing extends Output {
  end(): Promise<void>;
  destroy(): void;
}

/** @throws {@link SnapshotError} `E_HOST` when this machine has no zstd. */
export async function openTar(format: 'tar' | 'tar.gz' | 'tar.zst', out: Output): Promise<ArchiveSink> {
  if (format === 'tar.gz') return new TarSink(new GzipOutput(out));
  if (format === 'tar.zst') return new TarSink(new ZstdOutput(out, await loadCompressor()));
  return new TarSink({ write: async (bytes) => await out.write(bytes), async end() {}, destroy() {} });
}

class TarSink implements ArchiveSink {
  readonly hasHardlinks = true;
  readonly #out: Packing;

  constructor(out: Packing) {
    this.#out = out;
  }

  refusal(): undefined {
    return undefined;
  }

  async add(member: Member, content: FileContent['content']): Promise<void> {
    const header = Buffer.alloc(maxHeaderBytes(member));
    await this.#out.write(header.subarray(0, writeHeader(header, 0, member)));
    let done = 0;
    for await (const piece of content instanceof Uint8Array ? [content] : content) {
      await this.#out.write(piece);
      done += piece.length;
    }
    if (done !== member.size) throw new Error(`${done} bytes came for a member of ${member.size}`);
    const padding = paddedBytes(done) - done;
    if (padding > 0) await this.#out.write(Buffer.alloc(padding));
  }

  async end(): Promise<void> {
    await this.#out.write(END_OF_ARCHIVE);
    await this.#out.end();
  }

  destroy(): void {
    this.#out.destroy();
  }

  notes(): readonly string[] {
    return [];
  }
}

class GzipOutput implements Packing {
  readonly #gzip: Gzip = createGzip();
  readonly #pump: Pump;

  constructor(out: Output) {
    this.#pump = new Pump(this.#gzip, out);
  }

  async write(bytes: Uint8Array): Promise<void> {
    const taken = new Promise<void>((resolve, reject) => {
      this.#gzip.write(bytes, (error) => (error === null || error === undefined ? resolve() : reject(error)));
    });
    await this.#pump.during(taken);
  }

  async end(): Promise<void> {
    this.#gzip.end();
    await this.#pump.done;
  }

  destroy(): void {
    this.#gzip.destroy();
  }
}

class ZstdOutput implements Packing {
  readonly #out: Output;
  readonly #zstd: Compressor;
  readonly #frame: Buffer = Buffer.alloc(FRAME_BYTES);
  #filled = 0;

  constructor(out: Output, zstd: Compressor) {
    this.#out = out;
    this.#zstd = zstd;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + FRAME_BYTES - this.#filled);
      this.#frame.set(piece, this.#filled);
      this.#filled += piece.length;
      at += piece.length;
      if (this.#filled === FRAME_BYTES) await this.#flush();
    }
  }

  async end(): Promise<void> {
    if (this.#filled > 0) await this.#flush();
  }

  destroy(): void {}

  async #flush(): Promise<void> {
    await this.#out.write(this.#zstd.compress(this.#frame.subarray(0, this.#filled)));
    this.#filled = 0;
  }
}
