// Decides what is done with one path of a pair. Pure: no clock, no disk; both sides decide alike.
import { type Agreed, isAsListed, isUntouched, type Item, type Seen, type SideName } from './item.ts';

/** How the clocks of the sides compare. */
export interface Clocks {
  /** What the clock there says more than the one here, in milliseconds. */
  readonly aheadMs: number;
  /** So far off that may be. */
  readonly uncertainMs: number;
}

/** Times of files tell apart what is further apart than this: FAT keeps them to 2 seconds. */
const COARSEST_MS = 2000;

export type Decision =
  /** Nothing is to be done, and the past says so already. */
  | { readonly do: 'nothing' }
  /** Both sides have the same, or nothing; only the past is to say so. */
  | { readonly do: 'note'; readonly why: 'same' | 'gone' }
  /** What one side has goes to the other one. */
  | { readonly do: 'copy'; readonly to: SideName; readonly why: Why }
  /** It is deleted on one side, as it was on the other. */
  | { readonly do: 'delete'; readonly on: SideName; readonly why: 'deleted' }
  /** Its permissions go to one side; the content is the same. */
  | { readonly do: 'mode'; readonly on: SideName; readonly why: 'mode' }
  /** Both stay as they are: they are of different types, or lie below such. */
  | { readonly do: 'apart'; readonly why: 'types' };

/**
 * - `new`: only one side has it, and there is no past of it.
 * - `changed`: one side has changed it, the other one not.
 * - `kept`: one side has changed it, or touched it, and the other one deleted it.
 * - `newer`: both have changed it; this one later.
 * - `hash`: both have changed it, at the same time as far as clocks tell; this one has the greater hash.
 */
export type Why = 'new' | 'changed' | 'kept' | 'newer' | 'hash';

/** Whether a conflict was settled: the loser is to become a version, and is named. */
export function isConflict(decision: Decision): boolean {
  return decision.do === 'copy' && (decision.why === 'newer' || decision.why === 'hash');
}

/**
 * @param past - What both had when they last agreed; undefined: they never did.
 * @param here, there - What the sides have now; undefined: nothing.
 */
export function decide(
  past: Agreed | undefined,
  here: Seen | undefined,
  there: Seen | undefined,
  clocks: Clocks,
): Decision {
  if (here === undefined && there === undefined)
    return past === undefined ? { do: 'nothing' } : { do: 'note', why: 'gone' };
  if (past === undefined) {
    if (here === undefined) return { do: 'copy', to: 'here', why: 'new' };
    if (there === undefined) return { do: 'copy', to: 'there', why: 'new' };
    return settle(here, there, clocks);
  }
  const [isHere, isThere] = [isAsAgreed(here, past), isAsAgreed(there, past)];
  if (isHere && isThere) return unchanged(past, here, there);
  if (isHere || isThere) {
    const to = isHere ? 'here' : 'there';
    const [changed, other, before] = isHere ? [there, here, past.here] : [here, there, past.there];
    if (changed !== undefined) return { do: 'copy', to, why: 'changed' };
    // Content that was brought back, or touched, is no leftover.
    return other !== undefined && isUntouched(other, before)
      ? { do: 'delete', on: to, why: 'deleted' }
      : { do: 'copy', to: isHere ? 'there' : 'here', why: 'kept' };
  }
  if (here === undefined) return { do: 'copy', to: 'here', why: 'kept' };
  if (there === undefined) return { do: 'copy', to: 'there', why: 'kept' };
  return settle(here, there, clocks);
}

/** Both have something that the past does not have. */
function settle(here: Seen, there: Seen, clocks: Clocks): Decision {
  if (isSame(here, there)) return { do: 'note', why: 'same' };
  if (here.type !== there.type) return { do: 'apart', why: 'types' };
  const ageMs = here.mtimeMs - (there.mtimeMs - clocks.aheadMs);
  if (Math.abs(ageMs) > COARSEST_MS + clocks.uncertainMs)
    return { do: 'copy', to: ageMs > 0 ? 'there' : 'here', why: 'newer' };
  return { do: 'copy', to: contentOf(here) > contentOf(there) ? 'there' : 'here', why: 'hash' };
}

/** What is done where both sides have the content that they agreed on. */
export function unchanged(past: Agreed, here: Seen | undefined, there: Seen | undefined): Decision {
  const [isHere, isThere] = [hasOtherMode(here, past.here), hasOtherMode(there, past.there)];
  // With both changed, neither side is more right.
  if (isHere && !isThere && there?.mode !== undefined && here?.mode !== there.mode)
    return { do: 'mode', on: 'there', why: 'mode' };
  if (isThere && !isHere && here?.mode !== undefined && here.mode !== there?.mode)
    return { do: 'mode', on: 'here', why: 'mode' };
  return isListed(here, past.here) && isListed(there, past.there)
    ? { do: 'nothing' }
    : { do: 'note', why: 'same' };
}

function hasOtherMode(seen: Seen | undefined, { mode }: Item): boolean {
  return seen?.mode !== undefined && mode !== undefined && seen.mode !== mode;
}

function isListed(seen: Seen | undefined, before: Item): boolean {
  return seen !== undefined && isAsListed(seen, before) && seen.mode === before.mode;
}

function isAsAgreed(seen: Seen | undefined, past: Agreed): boolean {
  return seen !== undefined && isSame(seen, past);
}

function isSame(
  a: Pick<Seen, 'type' | 'hash' | 'target'>,
  b: Pick<Seen, 'type' | 'hash' | 'target'>,
): boolean {
  if (a.type !== b.type) return false;
  if (a.type === 'folder') return true;
  return a.type === 'link' ? a.target === b.target : a.hash !== undefined && a.hash === b.hash;
}

/** What the tie between two of one type is broken by. */
function contentOf({ hash, target }: Seen): string {
  return hash ?? target ?? '';
}
