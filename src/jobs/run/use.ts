import type { Contents } from '../../format/contents.ts';
import { liveBytes, type Piece } from '../../series/upkeep.ts';

/** How much of an archive a tree has. */
export interface Use {
  /** Pieces of content. */
  entries: number;
  /** Their sizes, added up. */
  contentBytes: number;
}

/**
 * For each archive that holds content of a tree, by number: how much.
 *
 * @param owners - For each slot, an entry that has its content, or -1.
 */
export function usesOf(contents: Contents, owners: Int32Array): ReadonlyMap<number, Use> {
  const uses = new Map<number, Use>();
  for (const [slot, owner] of owners.entries()) {
    if (owner < 0) continue;
    const number = contents.archive(slot);
    const use = uses.get(number) ?? { entries: 0, contentBytes: 0 };
    use.entries++;
    use.contentBytes += contents.size(slot);
    uses.set(number, use);
  }
  return uses;
}

/**
 * About how much of each archive's own size {@link usesOf} takes, by number; 0 for those of no use.
 *
 * @param isTwin - Whether a slot stands for what an earlier one has: copies of a file lie in one place, which counts once.
 */
export function liveBytesOf(
  contents: Contents,
  owners: Int32Array,
  isTwin: (slot: number) => boolean,
): ReadonlyMap<number, number> {
  const pieces = function* (): Generator<Piece> {
    for (let slot = 0; slot < contents.length; slot++) {
      if (isTwin(slot)) continue;
      const { archive, offset, length } = contents.place(slot);
      yield { archive, offset, length, size: contents.size(slot), isLive: (owners[slot] ?? -1) >= 0 };
    }
  };
  return liveBytes(pieces());
}
