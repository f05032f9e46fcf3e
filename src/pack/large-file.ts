// Reads a file that is too large for one piece, on the main thread: one reader, so that one hash can follow,
// while workers compress the pieces in parallel.
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { Breath } from '../base/breath.ts';
import { formatMap, type Stretch, zeros } from '../format/sparse.ts';
import { paddedBytes } from '../format/tar/tar.ts';
import { files } from '../base/file-calls.ts';
import type { Hasher } from '../hash/blake3.ts';
import type { Entry } from '../tree/entry.ts';
import { systemPath } from '../tree/path.ts';
import { allocatedOf } from '../tree/seen-entry.ts';
import { PIECE_BYTES } from './batches.ts';
import type { SharedBuffers } from './shared-buffers.ts';
import { attributesOf } from './read-attributes.ts';
import { sameStretches, stretchesOf } from './stretches.ts';
import { type Lost, lostBy, MAX_TRIES, OPEN_FLAGS, sameSeen, type Seen, seenOf } from './read-file.ts';

export interface Begin {
  readonly kind: 'begin';
  readonly i: number;
  /** What the file is taken for this time; its header says so. */
  readonly seen: Seen;
  /** What could not be had of its extended attributes. */
  readonly refused?: string | undefined;
  /** Of a sparse file: how many bytes of it, and of its map, are to come. */
  readonly stored?: number | undefined;
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

export interface LargeOptions {
  readonly root: string;
  readonly hasher: Hasher;
  readonly buffers: SharedBuffers;
  /** For a tar: the last piece is filled up with zeros to whole blocks, and holes are left out. */
  readonly isTar: boolean;
  readonly signal: AbortSignal;
}

/**
 * Reads file `i` in pieces of {@link PIECE_BYTES}. A file that changes meanwhile is begun again, so that what
 * stays is what it was at one moment; after {@link MAX_TRIES} it stays as last read.
 */
export async function* largeFile(
  i: number,
  entry: Entry,
  options: LargeOptions,
): AsyncGenerator<Begin | Piece | End> {
  const { root, hasher, isTar } = options;
  let file: FileHandle | undefined;
  try {
    file = await files.open(systemPath(root, entry.path), OPEN_FLAGS);
    let listed: Seen = entry;
    // How many bytes there are, only reading tells; see readStable().
    let size = entry.size;
    let hashBefore: Uint8Array | undefined;
    let mayHaveHoles = entry.allocated !== undefined;
    for (let tries = 1; ; tries++) {
      const found = attributesOf(file.fd);
      const seen = { ...listed, size, ...(found && { attributes: found.attributes }) };
      const look = (): readonly Stretch[] | undefined =>
        isTar && mayHaveHoles ? stretchesOf(fd, size) : undefined;
      const { fd } = file;
      const stretches = look();
      const plan = planOf(size, stretches);
      const stored = stretches === undefined ? undefined : plan.storedBytes;
      yield { kind: 'begin', i, seen, refused: found?.refused, stored };
      const { crc, bytes } = yield* pieces(file, i, plan, options);
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
      const changed = bytes !== size || !isStill || !isSame || !sameStretches(stretches, look());
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
      mayHaveHoles = allocatedOf(stats) !== undefined;
      listed = after;
    }
  } catch (error) {
    yield { kind: 'end', i, outcome: lostBy(error) };
  } finally {
    // It was only read: nothing is lost by a failure here.
    await file?.close().catch(() => {});
  }
}

/** What of a file is read, and what comes before it. */
interface Plan {
  readonly size: number;
  readonly map: Uint8Array;
  readonly stretches: readonly Stretch[];
  /** Bytes of the map, and of all stretches. */
  readonly storedBytes: number;
}

function planOf(size: number, stretches: readonly Stretch[] | undefined): Plan {
  if (stretches === undefined) {
    return { size, map: new Uint8Array(0), stretches: [{ offset: 0, length: size }], storedBytes: size };
  }
  const map = formatMap(stretches, size);
  const storedBytes = stretches.reduce((sum, { length }) => sum + length, map.length);
  return { size, map, stretches, storedBytes };
}

/**
 * Exactly what `plan` says of the file: what follows is left out, what is missing is zeros. Returns how many bytes there
 * were: one more than its size when something follows.
 */
async function* pieces(
  file: FileHandle,
  i: number,
  { size, map, stretches, storedBytes }: Plan,
  { hasher, buffers, isTar, signal }: LargeOptions,
): AsyncGenerator<Piece, { crc: number; bytes: number }> {
  hasher.reset();
  const breath = new Breath(signal);
  let crc = 0;
  /** How many bytes of the file there are for certain, and which is next. */
  let found = 0;
  let at = 0;
  let left = storedBytes;
  let piece = buffers.take();
  let used = 0;
  const full = (): Piece => {
    const last = left === 0;
    const bytes = last && isTar ? paddedBytes(used) : used;
    if (bytes > used) new Uint8Array(piece).fill(0, used, bytes);
    const done = { kind: 'piece', i, piece, bytes, last } as const;
    if (!last) piece = buffers.take();
    used = 0;
    return done;
  };
  for (let done = 0; done < map.length;) {
    const part = map.subarray(done, done + PIECE_BYTES - used);
    new Uint8Array(piece).set(part, used);
    done += part.length;
    used += part.length;
    left -= part.length;
    if (used === PIECE_BYTES && left > 0) yield full();
  }
  for (const { offset, length } of stretches) {
    for (const hole of zeros(offset - at)) {
      hasher.update(hole);
      await breath.after(hole.length);
    }
    if (found === at) found = offset;
    for (at = offset; at < offset + length;) {
      const content = new Uint8Array(piece, used, Math.min(PIECE_BYTES - used, offset + length - at));
      const read = await fill(file, content, at);
      // What comes after a gap, of a file that shrinks and grows, does not count.
      if (found === at) found += read;
      content.fill(0, read);
      hasher.update(content);
      if (!isTar) crc = crc32(content, crc);
      at += content.length;
      used += content.length;
      left -= content.length;
      if (used === PIECE_BYTES && left > 0) yield full();
    }
  }
  for (const hole of zeros(size - at)) {
    hasher.update(hole);
    await breath.after(hole.length);
  }
  if (found === at) found = size;
  // One at least: an empty file has one empty piece, which ends its stream.
  yield full();
  return { crc, bytes: found === size ? found + (await fill(file, new Uint8Array(1), found)) : found };
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
