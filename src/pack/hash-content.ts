// Hashes what an open file holds, but reads no holes. Synchronous: it runs in a worker.
import { files } from '../base/file-calls.ts';
import { type Stretch, zeros } from '../format/sparse.ts';
import type { Hasher } from '../hash/blake3.ts';

const ROOM = Buffer.allocUnsafeSlow(1024 * 1024);

/**
 * Hashes the file to its end, which is not always where its listing says.
 *
 * @param sizeBytes - So many are expected.
 * @returns How many there were.
 */
export function hashWhole(fd: number, sizeBytes: number, hasher: Hasher): number {
  let done = 0;
  for (let isEnd = false; !isEnd;) {
    // One byte more than is expected tells whether there is more.
    const wanted = done > sizeBytes ? ROOM.length : sizeBytes + 1 - done;
    const bytes = files.readSync(fd, ROOM, 0, Math.min(ROOM.length, wanted), done);
    hasher.update(ROOM.subarray(0, bytes));
    done += bytes;
    isEnd = bytes === 0 || (done === sizeBytes && bytes < ROOM.length);
  }
  return done;
}

/**
 * Hashes a file of `sizeBytes` with holes.
 *
 * @returns How many bytes there were for certain; one more than expected where there are more.
 */
export function hashStretches(
  fd: number,
  sizeBytes: number,
  stretches: readonly Stretch[],
  hasher: Hasher,
): number {
  let at = 0;
  for (const { offset, length } of stretches) {
    for (const hole of zeros(offset - at)) hasher.update(hole);
    for (at = offset; at < offset + length;) {
      const bytes = files.readSync(fd, ROOM, 0, Math.min(ROOM.length, offset + length - at), at);
      if (bytes === 0) return at;
      hasher.update(ROOM.subarray(0, bytes));
      at += bytes;
    }
  }
  for (const hole of zeros(sizeBytes - at)) hasher.update(hole);
  return sizeBytes + files.readSync(fd, ROOM, 0, 1, sizeBytes);
}
