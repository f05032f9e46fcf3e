// What both sides have, as far as content has to be known to decide: files are read only where their listing does not say enough.
import { createHash } from 'node:crypto';
import { ordered } from '../base/ordered.ts';
import { type BytePath, comparePaths } from '../tree/path.ts';
import { folderWithin } from '../tree/within.ts';
import type { Clocks } from './decide.ts';
import { type Agreed, isAsListed, type Item, type Past, type Seen, type SideName } from './item.ts';
import { type Listing, type Side, SideError, type Unknown } from './side.ts';

/** One path, as it was and as it is. */
export interface Sight {
  readonly path: BytePath;
  readonly past: Agreed | undefined;
  readonly here: Seen | undefined;
  readonly there: Seen | undefined;
}

export type Sides = Readonly<Record<SideName, Side>>;
export type Listings = Readonly<Record<SideName, Listing>>;

/** Something that could not be synced, and why. */
export interface Trouble {
  readonly path: BytePath;
  /** Undefined: it is about both sides. */
  readonly side: SideName | undefined;
  readonly reason: string;
}

const SIDES: readonly SideName[] = ['here', 'there'];
const AT_ONCE = 8;
/** Times that are so near to each other may be one after the difference of the clocks: then content decides. */
const NEAR_MS = 60_000;

/** What of one kind nothing is known of, on both sides. */
export function unknownIn(listings: Listings, wanted: Unknown['kind']): readonly Trouble[] {
  return SIDES.flatMap((side) =>
    listings[side].problems
      .filter(({ kind }) => kind === wanted)
      .map(({ path, reason }) => ({ path, side, reason })),
  );
}

/**
 * Every path that a side has, or the past, in path order; but those of which nothing is known now, or which rules leave out: on
 * neither side does anything happen to them.
 *
 * @param rehash - Reads every file, whatever its listing tells.
 */
export async function look(
  past: Past,
  listings: Listings,
  sides: Sides,
  options: {
    readonly rehash: boolean;
    readonly signal: AbortSignal;
    readonly isWanted: (path: BytePath) => boolean;
    readonly clocks: Clocks;
  },
): Promise<{ readonly sights: readonly Sight[]; readonly troubles: readonly Trouble[] }> {
  const troubles = [...unknownIn(listings, 'trouble')];
  const unknown = new Set(SIDES.flatMap((side) => listings[side].problems.map(({ path }) => path)));
  const all = new Set([...listings.here.items.keys(), ...listings.there.items.keys(), ...past.keys()]);
  const paths = [...all].toSorted(comparePaths);
  const wanted = paths.filter(
    (path) =>
      folderWithin(path, unknown) === undefined && options.isWanted(path) && !isLeftOut(path, listings),
  );
  const moved = movedFrom(past, listings);
  const plain = wanted.map((path): Sight => {
    const agreed = past.get(path);
    const seen = (side: SideName): Seen | undefined => {
      const item = listings[side].items.get(path);
      if (item === undefined) return undefined;
      const isSame = !options.rehash && agreed !== undefined && isAsListed(item, agreed[side]);
      return { ...item, hash: isSame ? agreed.hash : moved.get(side)?.get(path) };
    };
    return { path, past: agreed, here: seen('here'), there: seen('there') };
  });
  const lost = new Set<BytePath>();
  const gone = sizesGone(past, listings);
  const reading = ordered(plain, AT_ONCE, async (sight): Promise<Sight> => {
    const read = async (side: SideName): Promise<Seen | undefined> => {
      const seen = sight[side];
      if (seen === undefined || !isToRead(sight, side, options, gone)) return seen;
      try {
        const { item, hash } = await hashOf(sides[side], sight.path, options.signal);
        return { ...item, hash };
      } catch (error) {
        if (!(error instanceof SideError)) throw error;
        troubles.push({ path: sight.path, side, reason: error.message });
        lost.add(sight.path);
        return seen;
      }
    };
    const here = await read('here');
    return { ...sight, here, there: await read('there') };
  });
  const sights: Sight[] = [];
  for await (const sight of reading) if (!lost.has(sight.path)) sights.push(sight);
  return { sights, troubles };
}

/** Whether the content of a file that is not as it was listed decides something. */
function isToRead(
  sight: Sight,
  side: SideName,
  { rehash, clocks }: { readonly rehash: boolean; readonly clocks: Clocks },
  gone: ReadonlySet<string>,
): boolean {
  const { past, here, there } = sight;
  const own = sight[side];
  if (own?.type !== 'file' || own.hash !== undefined) return false;
  if (rehash) return true;
  if (past?.type === 'file' && past[side].size === own.size) return true;
  const other = side === 'here' ? there : here;
  // What is new may have been moved.
  if (other === undefined) return past === undefined && gone.has(`${side} ${own.size}`);
  const isOtherChanged = past === undefined || other.hash === undefined || other.hash !== past.hash;
  if (other.type !== 'file' || !isOtherChanged) return false;
  const ageMs = (here?.mtimeMs ?? 0) - ((there?.mtimeMs ?? 0) - clocks.aheadMs);
  return own.size === other.size || Math.abs(ageMs) < NEAR_MS + clocks.uncertainMs;
}

/** Sizes of files that a side no longer has and the other one still has as it was: what a new file of that size may be. */
function sizesGone(past: Past, { here, there }: Listings): ReadonlySet<string> {
  const sizes = new Set<string>();
  for (const [path, { type, here: before }] of past) {
    if (type !== 'file' || before.size === 0) continue;
    if (!here.items.has(path) && there.items.has(path)) sizes.add(`here ${before.size}`);
    if (!there.items.has(path) && here.items.has(path)) sizes.add(`there ${before.size}`);
  }
  return sizes;
}

/**
 * For files that have a new path: the hash that they had at the one before. The same inode, size and time are the same file, as
 * long as the time is one of its own.
 */
function movedFrom(past: Past, listings: Listings): ReadonlyMap<SideName, ReadonlyMap<BytePath, string>> {
  return new Map(
    SIDES.map((side) => {
      const gone = new Map<string, string>();
      const { items } = listings[side];
      for (const [path, agreed] of past) {
        const key = identityOf(agreed[side]);
        if (key !== undefined && agreed.hash !== undefined && !items.has(path)) gone.set(key, agreed.hash);
      }
      const found = new Map<BytePath, string>();
      if (gone.size === 0) return [side, found] as const;
      for (const [path, item] of items) {
        const hash = past.has(path) ? undefined : gone.get(identityOf(item) ?? '');
        if (hash !== undefined) found.set(path, hash);
      }
      return [side, found] as const;
    }),
  );
}

function identityOf({ type, size, mtimeMs, tag }: Item): string | undefined {
  const [fraction, , inode] = tag.split('.');
  // Programs that unpack give whole seconds, the same to many files; and the next file gets the inode that one has left.
  const isOwnTime = mtimeMs % 1000 !== 0 || Number(fraction) !== 0;
  return type === 'file' && isOwnTime && inode !== undefined && inode !== '0'
    ? `${inode} ${size} ${mtimeMs} ${fraction}`
    : undefined;
}

/** @returns The hash of what was read, and what it was then. @throws {@link SideError} also for what does not come to rest. */
async function hashOf(
  side: Side,
  path: BytePath,
  signal: AbortSignal,
): Promise<{ readonly item: Item; readonly hash: string }> {
  for (let tries = 0; tries < 3; tries++) {
    const before = await side.look(path);
    if (before?.type !== 'file') break;
    const digest = createHash('sha256');
    for await (const bytes of side.read(path, signal)) digest.update(bytes);
    const after = await side.look(path);
    if (after !== undefined && isAsListed(after, before)) return { item: after, hash: digest.digest('hex') };
  }
  throw new SideError('changes while it is read');
}

/** What one side leaves out is left alone on both. */
function isLeftOut(path: BytePath, { here, there }: Listings): boolean {
  const isOut = (own: Listing, other: Listing): boolean =>
    !own.items.has(path) && other.items.has(path) && own.isLeftOut(path);
  return (
    isOut(here, there) ||
    isOut(there, here) ||
    (!here.items.has(path) && !there.items.has(path) && (here.isLeftOut(path) || there.isLeftOut(path)))
  );
}
