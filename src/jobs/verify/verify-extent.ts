// Which part of which archive is read.
import { formatOf } from '../../base/archive-format.ts';
import { createHash } from 'node:crypto';
import type { PieceTable } from '../../check/piece-table.ts';
import type { CheckOrder } from '../../check/check-archive.ts';
import type { Expected } from '../../check/tasks.ts';
import type { Series } from '../../series/series.ts';
import type { CheckedArchive } from './checked-archive.ts';

/** Which part of the archives to read. */
export type Extent =
  | { readonly kind: 'none' }
  | { readonly kind: 'all' }
  /** About so much of them, 0 to 1; `random` gives numbers from 0 to 1. */
  | { readonly kind: 'sample'; readonly share: number; readonly random: () => number };

/** However small the sample is, something of this one is read. */
export function sureOne(wanted: readonly CheckedArchive[], random: () => number): CheckedArchive | undefined {
  const candidates = wanted.filter(({ pieces }) => pieces.length > 0);
  return candidates[Math.floor(random() * candidates.length)];
}

/**
 * How an archive is to be read; undefined when it is not.
 *
 * @param isSure - Something of it is to be read in any case.
 * @param looked - When all indexes have said what they say of it; unless all is read, that is so already.
 */
export function orderFor(
  series: Series,
  archive: CheckedArchive,
  extent: Extent,
  isSure: boolean,
  looked: Promise<void>,
): CheckOrder | undefined {
  const { key, item, sha256, pieces, isDamaged } = archive;
  if (item === undefined) return undefined;
  if (extent.kind === 'none' && !isDamaged) return undefined;
  let chosen: Uint8Array | undefined;
  if (extent.kind === 'sample' && !isDamaged) {
    // One without contents is read whole, or not at all.
    if (pieces.length === 0 && extent.random() >= extent.share) return undefined;
    chosen = chooseParts(pieces, pieces.share().order, extent);
    if (isSure && !chosen.includes(1))
      choosePart(pieces, chosen, Math.floor(extent.random() * pieces.length));
    if (pieces.length > 0 && !chosen.includes(1)) return undefined;
  }
  const expected = looked.then((): Expected => ({ pieces: pieces.share(), isComplete: archive.isComplete }));
  // Who waits for it hears of it, if anybody does by then.
  expected.catch(() => {});
  const file = {
    folder: series.store.files,
    key,
    where: series.place(archive.file),
    format: formatOf(key) ?? 'tar.zst',
    sizeBytes: item.sizeBytes,
  };
  return { archive: file, sha256, expected, chosen };
}

/** All pieces of a frame are read together, or none. */
function chooseParts(
  pieces: PieceTable,
  order: Uint32Array,
  { share, random }: Extract<Extent, { kind: 'sample' }>,
): Uint8Array {
  const chosen = new Uint8Array(pieces.length);
  let [offset, isChosen] = [-1, false];
  for (const slot of order) {
    const piece = pieces.at(slot);
    if (piece.offset !== offset) [offset, isChosen] = [piece.offset, random() < share];
    if (isChosen) chosen[slot] = 1;
  }
  return chosen;
}

/** Chooses all that lies in the frame of `slot`. */
function choosePart(pieces: PieceTable, chosen: Uint8Array, slot: number): void {
  const { offset } = pieces.at(slot);
  for (let other = 0; other < pieces.length; other++) {
    if (pieces.at(other).offset === offset) chosen[other] = 1;
  }
}

/** Numbers from 0 to 1, the same ones for the same seed. */
export function randomFrom(seed: number): () => number {
  let count = 0;
  return () => {
    const digest = createHash('sha256').update(`${seed} ${count++}`).digest();
    return digest.readUInt32LE(0) / 0x1_0000_0000;
  };
}
