import type { ArchiveSource, ContentHasher, FoundMember } from '../format/found-member.ts';
import { readArchive } from '../format/read-archive.ts';
import { HashingSource } from '../format/hashing-source.ts';
import { isHash, pieceAt, type SharedPieces } from './piece-table.ts';
import { attempt, otherContent, readPieces } from './read-pieces.ts';
import { BAD, type CheckResult, type CheckTask, type Flaw, GOOD, UNREAD } from './tasks.ts';

/**
 * Reads an archive and says what is wrong with it. Where it is damaged, every piece is looked for by itself, so
 * that only what really is lost counts as lost.
 */
export async function checkArchive(
  task: Omit<CheckTask, 'kind' | 'folder' | 'key'>,
  source: ArchiveSource,
  hasher: ContentHasher,
): Promise<CheckResult> {
  const { pieces, chosen } = task;
  const states = new Uint8Array(pieces.length);
  if (chosen !== undefined && pieces.length > 0) {
    const isWanted = (slot: number): boolean => chosen[slot] === 1;
    return { flaws: await readPieces(task, source, hasher, isWanted, states), states };
  }
  const flaws: Flaw[] = [];
  const hashing = new HashingSource(source);
  const found = new Found(pieces, states);
  const broken = await attempt(async () => {
    const { signal } = new AbortController();
    const members = readArchive(task.format, hashing, task.where, hasher, signal);
    for await (const member of members) found.see(member);
  });
  let sha256: string | undefined;
  const unreadable = await attempt(async () => {
    sha256 = await hashing.finish();
  });
  if (broken !== undefined) flaws.push({ what: broken, at: undefined });
  else if (unreadable !== undefined) flaws.push({ what: unreadable, at: undefined });
  else if (sha256 !== task.sha256) {
    flaws.push({ what: 'its SHA-256 is not what info.json says', at: undefined });
  }
  if (task.isComplete && broken === undefined && found.strangers > 0) {
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
    await readPieces(task, source, hasher, (slot) => states[slot] === UNREAD, states);
  }
  return { flaws, states };
}

/** Holds members, in the order in which they lie in an archive, against the pieces that should be there. */
class Found {
  readonly #pieces: SharedPieces;
  readonly #states: Uint8Array;
  #next = 0;
  /** Files that should not be there, and where the first of them begins. */
  strangers = 0;
  firstStranger = 0;

  constructor(pieces: SharedPieces, states: Uint8Array) {
    this.#pieces = pieces;
    this.#states = states;
  }

  see({ member, place, hash }: FoundMember): void {
    if (hash === undefined) return;
    const { order, hashes } = this.#pieces;
    let isKnown = false;
    for (; this.#next < order.length; this.#next++) {
      const slot = order[this.#next] ?? 0;
      const { offset, length, skip, size } = pieceAt(this.#pieces, slot);
      const after = offset - place.offset || skip - place.skip;
      if (after > 0) break;
      isKnown ||= after === 0;
      const isSame = after === 0 && length === place.length && size === member.size;
      this.#states[slot] = isSame && isHash(hashes, slot, hash) ? GOOD : BAD;
    }
    if (!isKnown && this.strangers++ === 0) this.firstStranger = place.offset;
  }
}
