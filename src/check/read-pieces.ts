import type { ArchiveSource, ContentHasher } from '../format/found-member.ts';
import type { ArchiveFormat } from '../base/archive-format.ts';
import { Damage } from '../format/damage.ts';
import { partOf, readFrameRange, readZipRange } from '../format/read-range.ts';
import { expanded, isSparse } from '../format/sparse.ts';
import { readFrames } from '../format/zstd/read-frames.ts';
import { SnapshotError } from '../base/errors.ts';
import { isHash, pieceAt } from './piece-list.ts';
import type { OrderedPieces } from './piece-table.ts';
import { BAD, type CheckResult, type Flaw, GOOD, type PiecesTask } from './tasks.ts';

/** The pieces that share one part of an archive, in the order in which they lie there. */
interface Part {
  readonly offset: number;
  readonly length: number;
  readonly slots: number[];
}

/** Reads those pieces of an archive that are chosen. */
export async function readChosen(
  { archive: { format }, pieces, chosen }: PiecesTask,
  source: ArchiveSource,
  hasher: ContentHasher,
): Promise<CheckResult> {
  const states = new Uint8Array(pieces.length);
  const isWanted = (slot: number): boolean => chosen[slot] === 1;
  return { flaws: await readPieces({ format, pieces }, source, hasher, isWanted, states), states };
}

/**
 * Reads single pieces, each part of the archive once: parts of healthy archives never overlap, so what overlaps an
 * earlier part is bad unread. Otherwise a small index could ask for the same gigabyte a million times.
 *
 * @param isWanted - Which slots to read.
 * @param states - Set for each of them.
 * @returns What was wrong with each part that is damaged.
 */
export async function readPieces(
  task: { readonly format: ArchiveFormat; readonly pieces: OrderedPieces },
  source: ArchiveSource,
  hasher: ContentHasher,
  isWanted: (slot: number) => boolean,
  states: Uint8Array,
): Promise<readonly Flaw[]> {
  const flaws: Flaw[] = [];
  let end = 0;
  for (const part of partsOf(task.pieces, isWanted)) {
    for (const slot of part.slots) states[slot] = BAD;
    if (part.offset < end || part.offset + part.length > source.sizeBytes) {
      const what = `what should begin at byte ${part.offset} overlaps something else, or leads past the end`;
      flaws.push({ what, at: part.offset });
      continue;
    }
    end = part.offset + part.length;
    const what = await attempt(async () => {
      if (task.format === 'zip') await readRecord(task.pieces, source, hasher, part, states);
      else if (part.slots.some((slot) => isSparse(pieceAt(task.pieces, slot).skip)))
        await readSparse(task.pieces, source, hasher, part, states);
      else await readPart(task.pieces, source, hasher, part, states);
    });
    const bad = part.slots.filter((slot) => states[slot] === BAD).length;
    if (what !== undefined) flaws.push({ what, at: part.offset });
    else if (bad > 0) flaws.push({ what: otherContent(bad, part.offset), at: part.offset });
  }
  return flaws;
}

/** What is said of `count` pieces that are not what they should be. */
export function otherContent(count: number, offset: number): string {
  const files = count === 1 ? 'a file' : `${count} files`;
  return `the content of ${files} from byte ${offset} on is not what the index says`;
}

function* partsOf(pieces: OrderedPieces, isWanted: (slot: number) => boolean): Generator<Part> {
  let part: Part | undefined;
  for (const slot of pieces.order) {
    if (!isWanted(slot)) continue;
    const { offset, length } = pieceAt(pieces, slot);
    if (part !== undefined && (part.offset !== offset || part.length !== length)) {
      yield part;
      part = undefined;
    }
    part ??= { offset, length, slots: [] };
    part.slots.push(slot);
  }
  if (part !== undefined) yield part;
}

async function readPart(
  pieces: OrderedPieces,
  source: ArchiveSource,
  hasher: ContentHasher,
  part: Part,
  states: Uint8Array,
): Promise<void> {
  const signal = new AbortController().signal;
  let next = 0;
  /** Bytes of content that went by, and how many of the piece at work were hashed. */
  let position = 0;
  let done = 0;
  let last = { skip: -1, size: 0, hash: Buffer.alloc(0) };
  hasher.reset();
  await readFrameRange(source, part, signal, (content) => {
    const stop = position + content.length;
    for (; next < part.slots.length; next++) {
      const slot = part.slots[next] ?? 0;
      const { skip, size, hash } = pieceAt(pieces, slot);
      const isSame = skip === last.skip && size === last.size;
      // What overlaps another piece stays bad: each byte is hashed once.
      if (done === 0 && skip < last.skip + last.size && !isSame) continue;
      if (!isSame) {
        const from = skip + done;
        const to = Math.min(stop, skip + size);
        if (from > stop) break;
        hasher.update(content.subarray(from - position, to - position));
        done += to - from;
        if (done < size) break;
        last = { skip, size, hash: Buffer.from(hasher.digest()) };
        hasher.reset();
        done = 0;
      }
      if (Buffer.compare(last.hash, hash) === 0) states[slot] = GOOD;
    }
    position = stop;
  });
}

async function readSparse(
  pieces: OrderedPieces,
  source: ArchiveSource,
  hasher: ContentHasher,
  part: Part,
  states: Uint8Array,
): Promise<void> {
  const { signal } = new AbortController();
  // As with a record: it is one, and several only when snapshots disagree.
  const all = part.slots.map((slot) => pieceAt(pieces, slot));
  const { size, skip } = all.find((piece) => isSparse(piece.skip)) ?? { size: 0, skip: 0 };
  hasher.reset();
  const frames = readFrames({ source: partOf(source, part), signal });
  for await (const content of expanded(contentsOf(frames), skip, size)) hasher.update(content);
  const found = hasher.digest();
  for (const [n, slot] of part.slots.entries()) {
    const piece = all[n];
    if (piece?.size === size && piece.skip === skip && isHash(pieces.hashes, slot, found))
      states[slot] = GOOD;
  }
}

async function* contentsOf(frames: AsyncIterable<{ readonly content: Buffer }>): AsyncGenerator<Buffer> {
  for await (const { content } of frames) yield content;
}

async function readRecord(
  pieces: OrderedPieces,
  source: ArchiveSource,
  hasher: ContentHasher,
  part: Part,
  states: Uint8Array,
): Promise<void> {
  const signal = new AbortController().signal;
  // Several only when snapshots disagree about what it is; what it really is decides.
  const { size } = pieceAt(pieces, part.slots[0] ?? 0);
  hasher.reset();
  await readZipRange(source, part, size, signal, (piece) => hasher.update(piece));
  const found = hasher.digest();
  for (const slot of part.slots) {
    const piece = pieceAt(pieces, slot);
    if (piece.size === size && piece.skip === 0 && isHash(pieces.hashes, slot, found)) states[slot] = GOOD;
  }
}

/** Does `work`. @returns What was wrong with the archive, or with reading it. */
export async function attempt(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof Damage) return error.message;
    const isKnown =
      error instanceof SnapshotError && (error.code === 'E_DAMAGED' || error.code === 'E_STORE');
    if (!isKnown) throw error;
    return error.message;
  }
}
