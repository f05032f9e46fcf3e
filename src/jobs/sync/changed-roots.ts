// Whether the roots of a pair, and what is mounted in them, are what they were at the last sync.
import type { Stop } from '../../sync/guards.ts';
import type { SideName } from '../../sync/item.ts';
import type { Locked } from '../../sync/lock.ts';
import type { PairSides, StoredPast } from '../../sync/past-file.ts';
import type { Listings, Sides } from '../../sync/see.ts';
import type { Listing } from '../../sync/side.ts';
import type { BytePath } from '../../tree/path.ts';

const BOTH: readonly SideName[] = ['here', 'there'];

/** What was mounted below a root and is not, or is another one, is not deleted: nothing is known of it. */
export function withAwayParts(listings: Listings, { sides }: StoredPast, accepts: boolean): Listings {
  if (sides === undefined || accepts) return listings;
  const [here, there] = sides.mounts;
  return { here: held(listings.here, here), there: held(listings.there, there) };
}

/** Whether a root is another one than at the last sync: another disk, or a copy. */
export function replacedSide(
  sides: Sides,
  { sides: before }: StoredPast,
  locks: Readonly<Record<SideName, Locked>>,
  tags: readonly (string | undefined)[],
): Stop | undefined {
  if (before === undefined) return undefined;
  for (const [n, side] of BOTH.entries()) {
    const [id, tag] = [before.ids[n], before.tags[n]];
    const isOther = (id !== undefined && locks[side].id !== id) || (tag !== undefined && tags[n] !== tag);
    if (isOther)
      return {
        guard: 'replaced-side',
        message: `"${sides[side].label}" is another folder than at the last sync: another disk, or a copy`,
      };
  }
  return undefined;
}

export function hasMoved({ sides }: StoredPast, pair: PairSides): boolean {
  return (
    JSON.stringify([sides?.ids, sides?.tags, sides?.mounts.map((one) => [...one])]) !==
    JSON.stringify([pair.ids, pair.tags, pair.mounts.map((one) => [...one])])
  );
}

/** `listing`, with nothing known of what is another disk than before. */
function held(listing: Listing, before: ReadonlyMap<BytePath, string>): Listing {
  const paths = new Set([...before.keys(), ...listing.mounts.keys()]);
  const away = [...paths].filter((path) => before.get(path) !== listing.mounts.get(path));
  const reason = 'another disk was mounted there, or is now: nothing in it is touched (--accept-changes)';
  return {
    ...listing,
    problems: [...listing.problems, ...away.map((path) => ({ path, reason, isTrouble: true }))],
  };
}
