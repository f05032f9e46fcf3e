// Decides what goes into one task. Pure.
import { BLOCK_BYTES, paddedBytes } from '../format/tar/tar.ts';
import { FULL_FRAME_BYTES } from '../format/zstd/seek-table.ts';
import type { EntryTable } from '../tree/entry-table.ts';

/** About what one zstd frame holds: enough to compress well and to fill a core, little to read one file. */
export const PIECE_BYTES: number = FULL_FRAME_BYTES;

/** What a member's headers take in a tar, nearly always. */
const HEADER_BYTES = 3 * BLOCK_BYTES;

export interface Batches {
  /** Runs of small entries, each about {@link PIECE_BYTES} with its headers. */
  readonly small: number[][];
  /** Files that take more than one piece. */
  readonly large: number[];
}

/**
 * Splits `wanted` (numbers of entries), in the order given, into what one task each reads and compresses.
 *
 * @param isZip - There, a further name of a file has content as well.
 */
export function batchesOf(entries: EntryTable, wanted: readonly number[], isZip: boolean): Batches {
  const small: number[][] = [];
  const large: number[] = [];
  let batch: number[] = [];
  let bytes = 0;
  for (const i of wanted) {
    const size = entries.hasContent(i) || isZip ? entries.size(i) : 0;
    // Its holes are not read, which is for the main thread. A zip holds it whole.
    const isSparse = !isZip && entries.allocated(i) !== undefined && size > 0;
    if (size > PIECE_BYTES || isSparse) {
      large.push(i);
      continue;
    }
    const cost = HEADER_BYTES + paddedBytes(size);
    if (batch.length > 0 && bytes + cost > PIECE_BYTES) {
      small.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(i);
    bytes += cost;
  }
  if (batch.length > 0) small.push(batch);
  return { small, large };
}

/** `wanted` in ascending size; equal ones stay in path order. */
export function smallFirst(entries: EntryTable, wanted: readonly number[]): number[] {
  return wanted.toSorted((a, b) => entries.size(a) - entries.size(b) || a - b);
}
