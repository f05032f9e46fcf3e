// Whether the roots of a pair, and what is mounted in them, are what they were at the last sync.
import type { Stop } from '../../sync/guards.ts';
import type { Past, SideName } from '../../sync/item.ts';
import { rootId } from '../../sync/lock.ts';
import type { PairSides, StoredPast } from '../../sync/past-file.ts';
import type { Listings, Sides } from '../../sync/see.ts';
import type { Listing } from '../../sync/side.ts';
import type { BytePath } from '../../tree/path.ts';

const BOTH: readonly SideName[] = ['here', 'there'];

/** What was mounted below a root and is not, or is another one, is not deleted: nothing is known of it, until that is accepted. */
export function withAwayParts(listings: Listings, { sides, past }: StoredPast, accepts: boolean): Listings {
  if (sides === undefined || accepts) return listings;
  const [here, there] = sides.mounts;
  return { here: held(listings.here, here, past), there: held(listings.there, there, past) };
}

/** Whether a root is another one than at the last sync: another disk, or a copy. One that is not there is none. */
export async function replacedSide(sides: Sides, { sides: before }: StoredPast): Promise<Stop | undefined> {
  if (before === undefined) return undefined;
  for (const [n, side] of BOTH.entries()) {
    if ((await sides[side].root()) === 'nothing') continue;
    const [id, tag] = [before.ids[n], before.tags[n]];
    const isOther =
      (id !== undefined && (await rootId(sides[side])) !== id) ||
      (tag !== undefined && (await sides[side].rootTag()) !== tag);
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

/** `listing`, with nothing known of what is another disk than before; which one it was is remembered on. */
function held(listing: Listing, before: ReadonlyMap<BytePath, string>, past: Past): Listing {
  const mounts = new Map(listing.mounts);
  const away: BytePath[] = [];
  for (const path of new Set([...before.keys(), ...listing.mounts.keys()])) {
    const id = before.get(path);
    if (id === listing.mounts.get(path)) continue;
    // Where nothing was, a new disk hides nothing.
    if (id === undefined && !hasBelow(past, path)) continue;
    away.push(path);
    if (id === undefined) mounts.delete(path);
    else mounts.set(path, id);
  }
  const reason = 'another disk was mounted there, or is now: nothing in it is touched (--accept-changes)';
  const problems = away.map((path) => ({ path, reason, kind: 'trouble' as const }));
  return { ...listing, mounts, problems: [...listing.problems, ...problems] };
}

function hasBelow(past: Past, folder: BytePath): boolean {
  for (const path of past.keys()) if (path.startsWith(`${folder}/`)) return true;
  return false;
}
