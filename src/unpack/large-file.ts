// A file that is too large for memory: decompressed in parallel where its archive allows that, and written by one
// writer, in order, so that one hash can follow.
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';
import { Damage } from '../format/damage.ts';
import { expanded, isOfHole, isSparse } from '../format/sparse.ts';
import { nextFrame } from '../format/zstd/read-frames.ts';
import { SourceReader } from '../format/source-reader.ts';
import { isAway, reasonOf, SnapshotError } from '../base/errors.ts';
import type { Hasher } from '../hash/blake3.ts';
import { ordered } from '../base/ordered.ts';
import type { Store } from '../store/store.ts';
import { Target } from '../target/contained.ts';
import { recordHead } from './content.ts';
import { Damaged } from './damage.ts';
import type { PlaceInArchive } from '../format/contents.ts';
import type { ArchiveFile } from './places.ts';
import type { UnpackPool } from './pool.ts';
import type { FileOrder } from '../target/order.ts';
import { PART_FLAGS, PART_MODE, removePart } from '../target/write-file.ts';

/** The longest head of a zip record: two names of 64 KiB, nearly. */
const MAX_HEAD_BYTES = 30 + 2 * 65_535;
const PIECE_BYTES = 1024 * 1024;

/** Where a large file has its content. */
export interface LargeSource {
  readonly store: Store;
  readonly archive: ArchiveFile;
  readonly place: PlaceInArchive;
  /** Bytes that it must be. */
  readonly size: number;
  readonly signal: AbortSignal;
}

export interface LargeFile extends LargeSource {
  readonly order: FileOrder;
  readonly hash: Uint8Array;
}

/**
 * The content, in pieces. Frames have checksums, which are looked at before a frame is handed out; of a zip it shows at the
 * end only, by the hash of it all, whether it is right.
 *
 * @throws {@link Damaged} when it cannot be read, or is of another size; `E_AWAY`; the reason of `signal`.
 */
export async function* largeContent(source: LargeSource, pool: UnpackPool): AsyncGenerator<Uint8Array> {
  const { archive, size } = source;
  let done = 0;
  try {
    for await (const content of archive.format === 'zip' ? inflated(source) : inTar(source, pool)) {
      if (done + content.length > size) throw new Damaged(`it holds more than ${size} bytes`);
      done += content.length;
      yield content;
    }
  } catch (error) {
    throw error instanceof Damage ? new Damaged(error.message, { cause: error }) : error;
  }
  if (done !== size) throw new Damaged(`it holds ${done} bytes, not ${size}`);
}

/**
 * Writes the content under the temporary name of the file, and checks it; what is wrong leaves nothing.
 *
 * @param written - Told of bytes as they are written.
 * @throws {@link Damaged}, what the system says, `E_AWAY`, or the reason of its signal.
 */
export async function writeLarge(
  root: string,
  file: LargeFile,
  hasher: Hasher,
  pool: UnpackPool,
  written: (bytes: number) => void,
): Promise<void> {
  const { order, hash, signal } = file;
  const part = new Target(root).partAt(order.path);
  removePart(part);
  const handle = await open(part, PART_FLAGS | constants.O_WRONLY, PART_MODE);
  try {
    hasher.reset();
    let done = 0;
    for await (const content of largeContent(file, pool)) {
      signal.throwIfAborted();
      hasher.update(content);
      // What is not written becomes a hole.
      if (!isOfHole(content)) await writeAll(handle, content, done);
      done += content.length;
      written(content.length);
    }
    // Where a hole ends it, nothing has been written up to there.
    await handle.truncate(done);
    if (Buffer.compare(hasher.digest(), hash) !== 0) throw new Damaged('its content is not what it was');
    await handle.close();
  } catch (error) {
    await handle.close().catch(() => {});
    removePart(part);
    throw error;
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

function readerOf({ store, archive, place, signal }: LargeSource): SourceReader {
  const end = place.offset + place.length;
  const read = async (offset: number, length: number): Promise<Buffer> => {
    try {
      return await store.readRange(archive.key, offset, length, signal);
    } catch (error) {
      // An archive that is missing or cut short costs its files, not the others.
      if (error instanceof SnapshotError && !isAway(error))
        throw new Damaged(error.message, { cause: error });
      throw error;
    }
  };
  return new SourceReader({ sizeBytes: end, read }, place.offset, end);
}

/** The content, in pieces. */
async function* inTar(file: LargeSource, pool: UnpackPool): AsyncGenerator<Uint8Array> {
  const { place, size } = file;
  if (!isSparse(place.skip)) yield* framed(file, pool, place.skip, size);
  else yield* expanded(framed(file, pool, 0, Infinity), place.skip, size);
}

/** What is in the archive, from `start` on, at most `most` bytes, from frames that are decompressed in parallel. */
async function* framed(
  file: LargeSource,
  pool: UnpackPool,
  start: number,
  most: number,
): AsyncGenerator<Uint8Array> {
  const reader = readerOf(file);
  const frames = async function* (): AsyncGenerator<{ bytes: Buffer; contentBytes: number | undefined }> {
    while (reader.leftBytes > 0) {
      const { length, sizeBytes } = await nextFrame(reader);
      yield { bytes: await reader.take(length), contentBytes: sizeBytes };
    }
  };
  const contents = ordered(
    frames(),
    pool.size + 1,
    async (frame) => await pool.run({ kind: 'frame', ...frame }),
  );
  let [skip, left] = [start, most];
  for await (const content of contents) {
    if (content === undefined) throw new Damaged('one of its frames cannot be decompressed');
    const own = content.subarray(skip, skip + left);
    skip = Math.max(0, skip - content.length);
    left -= own.length;
    yield own;
    if (left === 0) return;
  }
}

/** The content of a record of a zip, in pieces. It is one stream, which one thread inflates. */
async function* inflated(file: LargeSource): AsyncGenerator<Uint8Array> {
  const { place, size } = file;
  const reader = readerOf(file);
  const head = (await reader.peek(Math.min(MAX_HEAD_BYTES, place.length))).subarray(0, place.length);
  const { start, isDeflated } = recordHead(head);
  await reader.take(start);
  if (!isDeflated) {
    yield* reader.pieces(Math.min(size, reader.leftBytes), PIECE_BYTES);
    return;
  }
  const inflate = createInflateRaw({ chunkSize: PIECE_BYTES });
  const feeding = pipeline(reader.pieces(reader.leftBytes, PIECE_BYTES), inflate);
  // What goes wrong in there comes out of the loop as well.
  feeding.catch(() => {});
  try {
    for await (const piece of inflate) yield piece as Buffer;
  } catch (error) {
    if (error instanceof Damage || error instanceof Damaged) throw error;
    throw new Damaged(`it cannot be inflated: ${reasonOf(error)}`, { cause: error });
  } finally {
    inflate.destroy();
  }
}
