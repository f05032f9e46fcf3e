import type { ArchiveSource, ContentHasher, FoundMember } from '../format/found-member.ts';
import { readArchive } from '../format/read-archive.ts';
import { HashingSource } from '../format/hashing-source.ts';
import { isHash, type Piece, pieceAt, PieceTable, type SharedPieces } from './piece-table.ts';
import { attempt, otherContent, readPieces } from './read-pieces.ts';
import { BAD, type CheckResult, type CheckTask, type Expected, type Flaw, GOOD, UNREAD } from './tasks.ts';

/** So many files wait at most for what the archive should hold: some 20 MB. */
const MOST_WAITING = 200_000;

/** What {@link checkArchive} is to know. */
export interface CheckOrder extends Omit<CheckTask, 'kind' | 'expected'> {
  /** What it should hold, which may not be known yet. */
  readonly expected: Promise<Expected>;
}

/**
 * Reads an archive and says what is wrong with it. Where it is damaged, every piece is looked for by itself, so
 * that only what really is lost counts as lost.
 */
export async function checkArchive(
  task: Omit<CheckOrder, 'folder' | 'key'>,
  source: ArchiveSource,
  hasher: ContentHasher,
): Promise<CheckResult> {
  const { format, chosen } = task;
  if (chosen !== undefined) {
    const { pieces } = await task.expected;
    if (pieces.length > 0) {
      const states = new Uint8Array(pieces.length);
      const isWanted = (slot: number): boolean => chosen[slot] === 1;
      return { flaws: await readPieces({ format, pieces }, source, hasher, isWanted, states), states };
    }
  }
  const flaws: Flaw[] = [];
  const hashing = new HashingSource(source);
  const early = new Early(task.expected);
  const broken = await attempt(async () => {
    const { signal } = new AbortController();
    const members = readArchive(format, hashing, task.where, hasher, signal);
    for await (const member of members) await early.see(member);
  });
  let sha256: string | undefined;
  const unreadable = await attempt(async () => {
    sha256 = await hashing.finish();
  });
  const found = await early.found();
  const { states } = found;
  const { pieces, isComplete } = await task.expected;
  if (broken !== undefined) flaws.push({ what: broken, at: undefined });
  else if (unreadable !== undefined) flaws.push({ what: unreadable, at: undefined });
  else if (sha256 !== task.sha256) {
    flaws.push({ what: 'its SHA-256 is not what info.json says', at: undefined });
  }
  if (isComplete && broken === undefined && found.strangers > 0) {
    const what = `${found.strangers === 1 ? 'a file' : `${found.strangers} files`} in it, the first at byte ${found.firstStranger}, no index knows`;
    flaws.push({ what, at: found.firstStranger });
  }
  const isMissed = (slot: number): boolean => states[slot] !== GOOD;
  const missed = pieces.order.filter(isMissed);
  if (missed.length === 0) return { flaws, states };
  if (broken === undefined) {
    // All of it could be read: what is not there is nowhere.
    const { offset } = pieceAt(pieces, missed[0] ?? 0);
    flaws.push({ what: otherContent(missed.length, offset), at: offset });
    for (const slot of missed) states[slot] = BAD;
  } else {
    for (const slot of missed) states[slot] = UNREAD;
    await readPieces({ format, pieces }, source, hasher, (slot) => states[slot] === UNREAD, states);
  }
  return { flaws, states };
}

/** Keeps what was found until it is known what should be. */
class Early {
  readonly #expected: Promise<Expected>;
  // A table of what was found: as objects, the collector would move them again and again.
  readonly #waiting = new PieceTable();
  #found: Found | undefined;
  #isKnown = false;

  constructor(expected: Promise<Expected>) {
    this.#expected = expected;
    const known = (): void => void (this.#isKnown = true);
    // Why it will not be known is for who waits for it.
    expected.then(known, known);
  }

  async see({ member: { size }, place, hash }: FoundMember): Promise<void> {
    if (hash === undefined) return;
    const piece = { ...place, size, hash };
    if (this.#isKnown || this.#waiting.length >= MOST_WAITING) (await this.found()).see(piece);
    else this.#waiting.add(piece);
  }

  async found(): Promise<Found> {
    if (this.#found !== undefined) return this.#found;
    const found = new Found((await this.#expected).pieces);
    for (let i = 0; i < this.#waiting.length; i++) found.see(this.#waiting.at(i));
    this.#found = found;
    return found;
  }
}

/** Holds members, in the order in which they lie in an archive, against the pieces that should be there. */
class Found {
  readonly #pieces: SharedPieces;
  /** What became of each piece. */
  readonly states: Uint8Array;
  #next = 0;
  /** Files that should not be there, and where the first of them begins. */
  strangers = 0;
  firstStranger = 0;

  constructor(pieces: SharedPieces) {
    this.#pieces = pieces;
    this.states = new Uint8Array(pieces.length);
  }

  see(piece: Piece): void {
    const { order, hashes } = this.#pieces;
    let isKnown = false;
    for (; this.#next < order.length; this.#next++) {
      const slot = order[this.#next] ?? 0;
      const { offset, length, skip, size } = pieceAt(this.#pieces, slot);
      const after = offset - piece.offset || skip - piece.skip;
      if (after > 0) break;
      isKnown ||= after === 0;
      const isSame = after === 0 && length === piece.length && size === piece.size;
      this.states[slot] = isSame && isHash(hashes, slot, piece.hash) ? GOOD : BAD;
    }
    if (!isKnown && this.strangers++ === 0) this.firstStranger = piece.offset;
  }
}
