// Reads one file of the source, and writes it beside the mirror's files. Synchronous: it runs in a thread of its own.
import { createHash } from 'node:crypto';
import { closeSync, constants, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { systemCode } from '../base/errors.ts';
import { files } from '../base/file-calls.ts';
import { readStable } from '../pack/read-file.ts';
import { setMeta } from '../target/meta.ts';
import { openPart } from '../target/write-file.ts';
import type { Entry } from '../tree/entry.ts';

const PIECE_BYTES = 1024 * 1024;
const piece = Buffer.allocUnsafe(PIECE_BYTES);
const zeros = Buffer.alloc(PIECE_BYTES);

export interface Read {
  readonly kind: 'read';
  /** As it was when it was read. */
  readonly entry: Entry;
  readonly hash: string;
  /** It changed at each try. */
  readonly isUnsettled: boolean;
}

export type Reading =
  | Read
  | { readonly kind: 'vanished' }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Writing failed, not reading: it is no matter of the source. */
export class WriteError extends Error {}

/**
 * Reads a file to its end, as it was at one moment, see {@link readStable}.
 *
 * @param source - What its path is relative to.
 * @param take - Told each piece and where it begins; what was taken before a piece at 0 is void.
 */
export function readSource(
  source: string,
  entry: Entry,
  take: (bytes: Buffer, at: number) => void = () => {},
): Reading {
  let hash = '';
  const outcome = readStable(source, entry, (fd) => {
    const digest = createHash('sha256');
    let bytes = 0;
    for (;;) {
      const length = files.readSync(fd, piece, 0, PIECE_BYTES, bytes);
      if (length === 0) break;
      const read = piece.subarray(0, length);
      digest.update(read);
      writing(() => take(read, bytes));
      bytes += length;
    }
    hash = digest.digest('hex');
    return { bytes, hash: () => hash };
  });
  if (outcome.kind !== 'read')
    return outcome.kind === 'vanished'
      ? { kind: 'vanished' }
      : { kind: 'unreadable', reason: outcome.reason };
  const attributes = outcome.attributes?.attributes;
  return {
    kind: 'read',
    entry: { ...entry, ...outcome.seen, ...(attributes !== undefined && { attributes }) },
    hash,
    isUnsettled: outcome.changed,
  };
}

/** As {@link readSource}, written to the new file `part`, with its mode, owner and time. Holes stay holes. */
export function copyInto(
  part: string | Buffer,
  source: string,
  entry: Entry,
): Exclude<Reading, Read> | (Read & { readonly refused: string | undefined }) {
  const fd = openPart(part);
  /** Where the file ends as it is written by now. */
  let end = 0;
  try {
    const mayHaveHoles = entry.allocated !== undefined;
    const read = readSource(source, entry, (bytes, at) => {
      // A file that changed is read again, and may be shorter.
      if (at === 0 && end > 0) ftruncateSync(fd, (end = 0));
      if (mayHaveHoles && bytes.equals(zeros.subarray(0, bytes.length))) return;
      for (let done = 0; done < bytes.length;)
        done += writeSync(fd, bytes, done, bytes.length - done, at + done);
      end = at + bytes.length;
    });
    if (read.kind !== 'read') return read;
    return writing(() => {
      // It ends with a hole, or is empty now.
      if (end !== read.entry.size) ftruncateSync(fd, read.entry.size);
      return { ...read, refused: setMeta(fd, read.entry, true) };
    });
  } finally {
    closeSync(fd);
  }
}

/** The hash of a file of the mirror; undefined when it cannot be read: then it is replaced. */
export function hashOf(at: string | Buffer): string | undefined {
  try {
    const fd = openSync(at, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    try {
      const digest = createHash('sha256');
      for (let read = readSync(fd, piece); read > 0; read = readSync(fd, piece))
        digest.update(piece.subarray(0, read));
      return digest.digest('hex');
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}

function writing<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw new WriteError('writing failed', { cause: error });
  }
}

export function removeFile(at: string | Buffer): void {
  try {
    files.unlinkSync(at);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}
