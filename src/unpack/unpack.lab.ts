// For tests: archives made of a few files, and the pool's work done in this thread.
import { deflateRawSync } from 'node:zlib';
import type { Compressor } from '../format/zstd/codec.ts';
import { loadCompressor } from '../format/zstd/zstd.ts';
import { doTask } from './do-task.ts';
import type { ArchiveFile } from './places.ts';
import type { UnpackPool } from './pool.ts';
import type { Results, Task } from './tasks.ts';

/** A file as an archive has it. */
export interface Packed {
  readonly path: string;
  readonly content: Buffer;
  readonly archive: ArchiveFile;
  readonly bytes: Buffer;
  readonly skip: number;
}

export const TAR: ArchiveFile = { key: 'one.tar.zst', format: 'tar.zst' };
export const ZIP: ArchiveFile = { key: 'one.zip', format: 'zip' };

const compressor: Compressor = await loadCompressor();

/** Frames of these contents, of which the file begins at `skip`. */
export function inTar(path: string, contents: readonly Buffer[], skip = 0, size?: number): Packed {
  const bytes = Buffer.concat(contents.map((content) => compressor.compress(content)));
  const all = Buffer.concat(contents);
  return { path, archive: TAR, bytes, skip, content: all.subarray(skip, skip + (size ?? all.length)) };
}

export function inZip(path: string, content: Buffer, isDeflated = true): Packed {
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(isDeflated ? 8 : 0, 8);
  head.writeUInt16LE(path.length, 26);
  const bytes = Buffer.concat([head, Buffer.from(path), isDeflated ? deflateRawSync(content) : content]);
  return { path, archive: ZIP, bytes, skip: 0, content };
}

/** Does in this thread what others would do. */
export class OneThread {
  readonly size = 2;

  async run<T extends Task>(task: T): Promise<Results[T['kind']]> {
    return await doTask(task);
  }

  get asPool(): UnpackPool {
    return this as unknown as UnpackPool;
  }
}
