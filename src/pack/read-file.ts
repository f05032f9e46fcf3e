import { constants, type BigIntStats } from 'node:fs';
import { reasonOf, systemCode } from '../base/errors.ts';
import type { FoundAttributes } from '../base/attribute-calls.ts';
import { files } from '../base/file-calls.ts';
import type { Entry, ProblemKind } from '../tree/entry.ts';
import { type BytePath, systemPath } from '../tree/path.ts';
import { attributesOf } from './read-attributes.ts';

/** A file that changes is read so many times; then it is stored as last read, and marked. */
export const MAX_TRIES = 3;

// Between scan and read, a file may have become a link, which must not be followed, or a FIFO, which blocks.
export const OPEN_FLAGS: number =
  constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** What a file's inode said when its content was read. */
export type Seen = Pick<Entry, 'size' | 'mtimeNs' | 'ctimeNs' | 'inode' | 'attributes'>;

/** Why a file's content is not to be had. */
export interface Lost {
  readonly kind: Extract<ProblemKind, 'vanished' | 'unreadable'>;
  readonly reason: string;
}

export type ReadOutcome =
  | {
      readonly kind: 'read';
      readonly seen: Seen;
      /** It changed during each try. */ readonly changed: boolean;
      /** Of that moment; undefined where none can be read. */
      readonly attributes: FoundAttributes | undefined;
    }
  | Lost;

/** What one try has read. */
export interface Taken {
  readonly bytes: number;
  /** Of its content, as text: asked for only where the size in the listing is not so. */
  readonly hash: () => string;
}

/**
 * Reads a file so that what is read is what it was at one moment: size, times and inode are the same before
 * and after, else it is read again, {@link MAX_TRIES} times at most.
 *
 * How many bytes there are, only reading tells: some file systems list a size that is not so (/proc lists 0, /sys a whole
 * page, others what a server has yet to make). There, two tries that give the same count as one moment.
 *
 * @param entry - As the scan saw it.
 * @param take - Reads the content from the open file, to its end, told how many bytes to expect. What an earlier try
 *   took is void.
 */
export function readStable(
  root: string,
  entry: Seen & { readonly path: BytePath },
  take: (fd: number, sizeBytes: number) => Taken,
): ReadOutcome {
  try {
    const fd = files.openSync(systemPath(root, entry.path), OPEN_FLAGS);
    try {
      return readOpen(fd, entry, take);
    } finally {
      files.closeSync(fd);
    }
  } catch (error) {
    return lostBy(error);
  }
}

function readOpen(fd: number, entry: Seen, take: (fd: number, sizeBytes: number) => Taken): ReadOutcome {
  let expected: Seen = entry;
  let hashBefore: string | undefined;
  for (let tries = 1; ; tries++) {
    const taken = take(fd, expected.size);
    const attributes = attributesOf(fd);
    const stats = files.fstatSync(fd, { bigint: true });
    if (!stats.isFile()) return { kind: 'vanished', reason: 'is no file any more' };
    const after = seenOf(stats);
    const isStill = sameSeen(expected, after);
    const isHonest = taken.bytes === after.size;
    const hash = isHonest ? undefined : taken.hash();
    const isSame = isHonest || hash === hashBefore;
    const seen = { ...after, size: taken.bytes };
    if (isStill && isSame) return { kind: 'read', seen, changed: false, attributes };
    if (tries === MAX_TRIES) return { kind: 'read', seen, changed: true, attributes };
    hashBefore = hash;
    expected = after;
  }
}

/**
 * Reads the file from its start into `into`, which has room for one byte more than the `sizeBytes` that are expected:
 * when it is full, there is more. Returns how many bytes there were.
 */
export function readInto(fd: number, into: Uint8Array, sizeBytes: number): number {
  let done = 0;
  while (done < into.length) {
    const bytes = files.readSync(fd, into, done, into.length - done, done);
    if (bytes === 0) break;
    done += bytes;
    // It asked for one byte more and did not get it. Only of an empty file this takes a call of its own.
    if (done === sizeBytes) break;
  }
  return done;
}

export function seenOf(stats: BigIntStats): Seen {
  return { size: Number(stats.size), mtimeNs: stats.mtimeNs, ctimeNs: stats.ctimeNs, inode: stats.ino };
}

export function sameSeen(a: Seen, b: Seen): boolean {
  return a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.inode === b.inode;
}

/** What the calls say to a link, a folder or a FIFO where a file was. */
const NO_FILE: ReadonlySet<string> = new Set(['ELOOP', 'EISDIR', 'ENXIO', 'EAGAIN', 'ESPIPE']);

/** What a failed file call means for the file. */
export function lostBy(error: unknown): Lost {
  const code = systemCode(error);
  // A link, a folder or a FIFO where a file was: the file is gone.
  if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'vanished', reason: 'vanished' };
  if (code !== undefined && NO_FILE.has(code)) {
    return { kind: 'vanished', reason: 'is no file any more' };
  }
  if (code === undefined) throw error;
  return { kind: 'unreadable', reason: reasonOf(error) };
}
