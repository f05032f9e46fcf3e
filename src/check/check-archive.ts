import { pieceAt, isHash, type Piece, type SharedPieces } from './piece-list.ts';
import type { OrderedPieces } from './piece-table.ts';
import { otherContent } from './read-pieces.ts';
import {
  type ArchiveFile,
  BAD,
  type CheckResult,
  type CheckResults,
  type Expected,
  type Flaw,
  type FoundPart,
  GOOD,
  type ReadResult,
  UNREAD,
} from './tasks.ts';

/** What {@link checkArchive} is to know. */
export interface CheckOrder {
  readonly archive: ArchiveFile;
  /** What the whole file's SHA-256 should be. */
  readonly sha256: string;
  /** What it should hold, which may not be known yet: it is read meanwhile. */
  readonly expected: Promise<Expected>;
  /** For each slot of its pieces 1 when it is to be read; then all else is left unread. */
  readonly chosen: Uint8Array | undefined;
}

/** Who reads. */
export interface ArchiveReader {
  readonly read: (archive: ArchiveFile) => Promise<ReadResult>;
  readonly pieces: (
    archive: ArchiveFile,
    pieces: OrderedPieces,
    chosen: Uint8Array,
  ) => Promise<CheckResults['pieces']>;
}

/**
 * Reads an archive and says what is wrong with it. Where it is damaged, every piece is looked for by itself, so
 * that only what really is lost counts as lost.
 */
export async function checkArchive(order: CheckOrder, reader: ArchiveReader): Promise<CheckResult> {
  const { archive, chosen } = order;
  if (chosen !== undefined) {
    const { pieces } = await order.expected;
    if (pieces.length > 0) return await reader.pieces(archive, pieces, chosen);
  }
  const found = await reader.read(archive);
  const { pieces, isComplete } = await order.expected;
  const { parts } = found;
  const { states, strangers, firstStranger } =
    parts === undefined ? unremembered(found.count, pieces) : compare(parts, pieces);
  const flaws: Flaw[] = [];
  const { broken, unreadable } = found;
  if (broken !== undefined) flaws.push({ what: broken, at: undefined });
  else if (unreadable !== undefined) flaws.push({ what: unreadable, at: undefined });
  else if (found.sha256 !== order.sha256) {
    flaws.push({ what: 'its SHA-256 is not what info.json says', at: undefined });
  }
  if (isComplete && broken === undefined && strangers > 0) {
    const first = firstStranger === undefined ? '' : `, the first at byte ${firstStranger},`;
    const what = `${strangers === 1 ? 'a file' : `${strangers} files`} in it${first} no index knows`;
    flaws.push({ what, at: firstStranger });
  }
  const missed = pieces.order.filter((slot) => states[slot] !== GOOD);
  if (missed.length === 0) return { flaws, states };
  if (broken === undefined && parts !== undefined) {
    // All of it could be read: what is not there is nowhere.
    const { offset } = pieceAt(pieces, missed[0] ?? 0);
    flaws.push({ what: otherContent(missed.length, offset), at: offset });
    for (const slot of missed) states[slot] = BAD;
  } else {
    const wanted = new Uint8Array(pieces.length);
    for (const slot of missed) wanted[slot] = 1;
    const again = await reader.pieces(archive, pieces, wanted);
    if (broken === undefined) flaws.push(...again.flaws);
    for (const slot of missed) states[slot] = again.states[slot] ?? UNREAD;
  }
  return { flaws, states };
}

interface Comparison {
  /** What became of each piece. */
  readonly states: Uint8Array;
  /** Files that should not be there, and where the first of them begins. */
  readonly strangers: number;
  readonly firstStranger: number | undefined;
}

/** Where nothing is known of what was found but how many files there are. */
function unremembered(count: number, { length }: OrderedPieces): Comparison {
  const strangers = Math.max(0, count - length);
  return { states: new Uint8Array(length), strangers, firstStranger: undefined };
}

/** Holds what was found, in the order in which it lies in the archive, against the pieces that should be there. */
function compare(parts: readonly FoundPart[], pieces: OrderedPieces): Comparison {
  const states = new Uint8Array(pieces.length);
  let strangers = 0;
  let firstStranger: number | undefined;
  let next = 0;
  for (const piece of piecesOf(parts.map((part) => part.pieces))) {
    let isKnown = false;
    for (; next < pieces.length; next++) {
      const slot = pieces.order[next] ?? 0;
      const { offset, length, skip, size } = pieceAt(pieces, slot);
      const after = offset - piece.offset || skip - piece.skip;
      if (after > 0) break;
      isKnown ||= after === 0;
      const isSame = after === 0 && length === piece.length && size === piece.size;
      states[slot] = isSame && isHash(pieces.hashes, slot, piece.hash) ? GOOD : BAD;
    }
    if (!isKnown && strangers++ === 0) firstStranger = piece.offset;
  }
  return { states, strangers, firstStranger };
}

function* piecesOf(all: readonly SharedPieces[]): Generator<Piece> {
  for (const pieces of all) for (let slot = 0; slot < pieces.length; slot++) yield pieceAt(pieces, slot);
}
