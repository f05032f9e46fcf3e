import { type Info, newBytesOf } from '../../series/info.ts';
import { INFO_FILE } from '../../series/names.ts';
import { type Pin, readPins } from '../../series/pins.ts';
import { type Dated, type Kept, planRotation } from '../../series/rotation.ts';
import { type Flaw, type Found, placeOf, readDamage } from '../../series/damage/damage.ts';
import { filesOf, lookOver } from '../../series/damage/look-over.ts';
import type { Snapshot } from '../../series/series.ts';
import { bytesOf } from '../../series/series-size.ts';
import { thisZone } from '../../series/zone.ts';
import { oddOnes } from '../odd-time.ts';
import { type OutOfReach, outOfReach } from '../reach.ts';
import { knownPast, type Watched } from '../status/known-past.ts';
import { goneSnapshot, NONE_LEFT } from '../status/lost-archives.ts';
import type { Recall } from '../status/memory.ts';

export interface ListedSnapshot {
  readonly name: string;
  readonly at: Date;
  /** The clock was wrong: `at` is a guess. */
  readonly isOdd: boolean;
  readonly info: Info;
  /** Bytes that this snapshot added to the destination: its own archives and its index. */
  readonly newBytes: number;
  /** Why rotation keeps it; empty when it would let it go, undefined when no plan says. */
  readonly reasons: readonly string[] | undefined;
  /** Somebody wants it to stay. */
  readonly pin: Pin | undefined;
  /** What is known to be wrong with its files, `FILE WHAT`. */
  readonly flaws: readonly string[];
}

export interface ListedSeries {
  readonly name: string;
  readonly folder: string;
  /** Oldest first. */
  readonly snapshots: readonly ListedSnapshot[];
  readonly unfinished: readonly string[];
  /** What there is to say of snapshots that were taken while the clock was wrong. */
  readonly odd: readonly string[];
  /** Folders that are no snapshots, and hold what snapshots need. */
  readonly kept: readonly string[];
  /** What is wrong with each damaged one, and what to do about it. */
  readonly damaged: readonly {
    /** Undefined: what is known of damage cannot be read, or all of them are gone. */
    readonly name: string | undefined;
    readonly message: string;
    readonly hint: string | undefined;
  }[];
  /** What all whole snapshots take on disk, but for a few small files; what they share counts once. */
  readonly bytes: number;
  /** Why it could not be looked into: its disk is not connected. */
  readonly out: OutOfReach | undefined;
}

function dated({ name, at, doubt, info }: Snapshot): Dated {
  return { name, at, doubt, zone: info.zone };
}

/** What there is in a series. */
export async function list(watched: Watched, recall: Recall, now: Date): Promise<ListedSeries> {
  const { series, row } = watched;
  const keep = row?.keep;
  const of = { name: row?.label ?? series.name, folder: series.place() };
  const out = await outOfReach(series, row, recall, now);
  if (out !== undefined) {
    return { ...of, snapshots: [], unfinished: [], odd: [], kept: [], damaged: [], bytes: 0, out };
  }
  const { snapshots, unfinished, kept: others, damaged } = await series.survey(now);
  const known = await readDamage(series);
  const looked = await lookOver(series, snapshots);
  // What a run has rotated out meanwhile is not damaged.
  const there = looked.found.size === 0 ? snapshots : (await series.survey(now)).snapshots;
  const isThere = new Set(there.map(({ name }) => name));
  const read = new Map(
    [...known.flaws].filter(([place, flaw]) => flaw.kind === 'content' && !isRefuted(place, flaw)),
  );
  const kept = keep === undefined ? undefined : planRotation(snapshots.map(dated), keep, thisZone()).keep;
  const pins = await readPins(series, snapshots);
  const isDeleted = snapshots.length + damaged.length === 0 && (await hadSnapshots(watched, recall, now));
  return {
    ...of,
    snapshots: snapshots.map((snapshot) => ({
      ...snapshot,
      isOdd: snapshot.doubt === 'odd',
      newBytes: newBytesOf(snapshot.name, snapshot.info),
      flaws: isThere.has(snapshot.name) ? flawsOf(snapshot, looked.found, read) : [],
      reasons: reasonsOf(snapshot.name, kept, pins),
      pin: pins.get(snapshot.name),
    })),
    unfinished,
    odd: oddOnes(snapshots),
    kept: others,
    damaged: [
      ...damaged.map(({ name, error: { message, hint } }) => ({ name, message, hint })),
      ...[...(known.trouble === undefined ? [] : [known.trouble]), ...(isDeleted ? [NONE_LEFT] : [])].map(
        (message) => ({ name: undefined, message, hint: undefined }),
      ),
    ],
    bytes: bytesOf(snapshots),
    out,
  };
}

/** Whether its log, or this machine, knows of a snapshot that nothing of ours has removed. */
async function hadSnapshots(watched: Watched, recall: Recall, now: Date): Promise<boolean> {
  const { logged, hasLostLog } = await knownPast(watched, now, recall);
  return hasLostLog || goneSnapshot(logged, { snapshots: [], damaged: [] }) !== undefined;
}

function reasonsOf(
  name: string,
  kept: readonly Kept<Dated>[] | undefined,
  pins: ReadonlyMap<string, Pin>,
): readonly string[] | undefined {
  const isPinned = pins.has(name);
  if (kept === undefined && !isPinned) return undefined;
  const reasons = kept?.find(({ snapshot }) => snapshot.name === name)?.reasons ?? [];
  return isPinned ? [...reasons, 'pinned'] : reasons;
}

/** What a run finds of an info.json is that it cannot be read. Here it was. */
function isRefuted(place: string, { by }: Flaw): boolean {
  return by === 'run' && place.endsWith(`/${INFO_FILE}`);
}

/** What names and sizes say now, and what reading has said before. */
function flawsOf(
  { name, info }: Snapshot,
  ...known: readonly ReadonlyMap<string, Pick<Found, 'what'>>[]
): readonly string[] {
  return [...filesOf(info), { file: INFO_FILE }].flatMap((file) => {
    const place = placeOf(name, file);
    const flaw = known.find((flaws) => flaws.has(place))?.get(place);
    return flaw === undefined ? [] : [`${place.slice(place.indexOf('/') + 1)} ${flaw.what}`];
  });
}
