// Reads a file that is too large for one piece, on the main thread: one reader, so that one hash can follow,
// while workers compress the pieces in parallel.
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { paddedBytes } from '../format/tar/tar.ts';
import { files } from '../base/file-calls.ts';
import type { Hasher } from '../hash/blake3.ts';
import type { Entry } from '../tree/entry.ts';
import { systemPath } from '../tree/path.ts';
import { PIECE_BYTES } from './batches.ts';
import type { SharedBuffers } from './shared-buffers.ts';
import { attributesOf } from './read-attributes.ts';
import { type Lost, lostBy, MAX_TRIES, OPEN_FLAGS, sameSeen, type Seen, seenOf } from './read-file.ts';

export interface Begin {
  readonly kind: 'begin';
  readonly i: number;
  /** What the file is taken for this time; its header says so. */
  readonly seen: Seen;
  /** What could not be had of its extended attributes. */
  readonly refused?: string | undefined;
}

export interface Piece {
  readonly kind: 'piece';
  readonly i: number;
  readonly piece: SharedArrayBuffer;
  readonly bytes: number;
  readonly last: boolean;
}

/** How one try at a large file ended. Only `read` leaves its pieces in the archive. */
export interface End {
  readonly kind: 'end';
  readonly i: number;
  readonly outcome:
    | { readonly kind: 'read'; readonly changed: boolean; readonly hash: Uint8Array; readonly crc: number }
    | { readonly kind: 'again' }
    | Lost;
}

/**
 * Reads file `i` in pieces of {@link PIECE_BYTES}. A file that changes meanwhile is begun again, so that what
 * stays is what it was at one moment; after {@link MAX_TRIES} it stays as last read.
 *
 * @param padded - The last piece is filled up with zeros to whole tar blocks.
 */
export async function* largeFile(
  root: string,
  i: number,
  entry: Entry,
  hasher: Hasher,
  buffers: SharedBuffers,
  padded: boolean,
): AsyncGenerator<Begin | Piece | End> {
  let file: FileHandle | undefined;
  try {
    file = await files.open(systemPath(root, entry.path), OPEN_FLAGS);
    let listed: Seen = entry;
    // How many bytes there are, only reading tells; see readStable().
    let size = entry.size;
    let hashBefore: Uint8Array | undefined;
    for (let tries = 1; ; tries++) {
      const found = attributesOf(file.fd);
      const seen = { ...listed, size, ...(found && { attributes: found.attributes }) };
      yield { kind: 'begin', i, seen, refused: found?.refused };
      const { crc, bytes } = yield* pieces(file, i, size, hasher, buffers, padded);
      const stats = await file.stat({ bigint: true });
      if (!stats.isFile()) {
        yield { kind: 'end', i, outcome: { kind: 'vanished', reason: 'is no file any more' } };
        return;
      }
      const after = seenOf(stats);
      const isStill = sameSeen(listed, after);
      const hash = hasher.digest();
      const isSame =
        size === after.size || (hashBefore !== undefined && Buffer.compare(hash, hashBefore) === 0);
      const changed = bytes !== size || !isStill || !isSame;
      if (!changed || tries === MAX_TRIES) {
        yield { kind: 'end', i, outcome: { kind: 'read', changed, hash, crc } };
        return;
      }
      yield { kind: 'end', i, outcome: { kind: 'again' } };
      // Where nobody wrote to it, its inode is wrong about the size.
      const isUntouched = sameSeen({ ...listed, size: after.size }, after);
      if (!isUntouched || bytes === after.size) size = after.size;
      else if (bytes < size) size = bytes;
      else if (bytes > size) size = await endOf(file, size);
      hashBefore = hash;
      listed = after;
    }
  } catch (error) {
    yield { kind: 'end', i, outcome: lostBy(error) };
  } finally {
    // It was only read: nothing is lost by a failure here.
    await file?.close().catch(() => {});
  }
}

/**
 * Exactly `sizeBytes` of the file: what follows is left out, what is missing is zeros. Returns how many bytes there
 * were: one more than that when something follows.
 */
async function* pieces(
  file: FileHandle,
  i: number,
  sizeBytes: number,
  hasher: Hasher,
  buffers: SharedBuffers,
  padded: boolean,
): AsyncGenerator<Piece, { crc: number; bytes: number }> {
  hasher.reset();
  let crc = 0;
  let found = 0;
  // One turn at least: an empty file has one empty piece, which ends its stream.
  for (let done = 0; done < sizeBytes || done === 0;) {
    const piece = buffers.take();
    const content = new Uint8Array(piece, 0, Math.min(PIECE_BYTES, sizeBytes - done));
    const read = await fill(file, content, done);
    // What comes after a gap, of a file that shrinks and grows, does not count.
    if (found === done) found += read;
    content.fill(0, read);
    hasher.update(content);
    if (!padded) crc = crc32(content, crc);
    done += content.length;
    const last = done >= sizeBytes;
    const bytes = last && padded ? paddedBytes(content.length) : content.length;
    if (bytes > content.length) new Uint8Array(piece).fill(0, content.length, bytes);
    yield { kind: 'piece', i, piece, bytes, last };
    if (last) break;
  }
  return { crc, bytes: found === sizeBytes ? found + (await fill(file, new Uint8Array(1), found)) : found };
}

/** Where the file ends, found by reading on from `position`. */
async function endOf(file: FileHandle, position: number): Promise<number> {
  const room = new Uint8Array(PIECE_BYTES);
  for (let end = position; ;) {
    const read = await fill(file, room, end);
    end += read;
    if (read < room.length) return end;
  }
}

async function fill(file: FileHandle, into: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const { bytesRead } = await file.read(into, done, into.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}
