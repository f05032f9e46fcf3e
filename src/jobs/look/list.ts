import { DEFAULT_EVERY_MS } from '../../plan/every.ts';
import type { Row } from '../../plan/plan.ts';
import { type Info, newBytesOf } from '../../snapshot/info.ts';
import { INFO_FILE } from '../../snapshot/names.ts';
import { planRotation } from '../../snapshot/rotation.ts';
import { type Found, placeOf, readDamage } from '../../snapshot/damage.ts';
import { filesOf, lookOver } from '../../snapshot/look-over.ts';
import type { Series, Snapshot } from '../../snapshot/series.ts';
import { bytesOf } from '../../snapshot/series-size.ts';
import { findAway } from '../run/away.ts';
import type { Recall } from '../status/memory.ts';

export interface ListedSnapshot {
  readonly name: string;
  readonly at: Date;
  readonly info: Info;
  /** Bytes that this snapshot added to the destination: its own archives and its index. */
  readonly newBytes: number;
  /** Why rotation keeps it; empty when it would let it go, undefined when no plan says. */
  readonly reasons: readonly string[] | undefined;
  /** What is known to be wrong with its files, `FILE WHAT`. */
  readonly flaws: readonly string[];
}

export interface ListedSeries {
  readonly name: string;
  readonly folder: string;
  /** Oldest first. */
  readonly snapshots: readonly ListedSnapshot[];
  readonly unfinished: readonly string[];
  /** What is wrong with each damaged one. */
  readonly damaged: readonly string[];
  /** What all whole snapshots take on disk, but for a few small files; what they share counts once. */
  readonly bytes: number;
  /** What there is to say of its disk, when that is not connected. */
  readonly waiting: string | undefined;
}

/** What there is in a series. @param row - The one of the plan that makes it. */
export async function list(
  series: Series,
  row: Row | undefined,
  recall: Recall,
  now: Date,
): Promise<ListedSeries> {
  const { every = DEFAULT_EVERY_MS, keep } = row ?? {};
  const waiting = (await findAway(series, every, await recall(series.store.location), now))?.message;
  const { snapshots, unfinished, damaged } = await series.survey();
  const known = await readDamage(series);
  const looked = await lookOver(series, snapshots);
  // What a run has rotated out meanwhile is not damaged.
  const there = looked.found.size === 0 ? snapshots : (await series.survey()).snapshots;
  const isThere = new Set(there.map(({ name }) => name));
  const read = new Map([...known.flaws].filter(([, { kind }]) => kind === 'content'));
  const kept = keep === undefined ? undefined : planRotation(snapshots, keep).keep;
  return {
    name: series.name,
    folder: series.place(),
    snapshots: snapshots.map((snapshot) => ({
      ...snapshot,
      newBytes: newBytesOf(snapshot.name, snapshot.info),
      flaws: isThere.has(snapshot.name) ? flawsOf(snapshot, looked.found, read) : [],
      reasons: kept && (kept.find((entry) => entry.snapshot === snapshot)?.reasons ?? []),
    })),
    unfinished,
    damaged: [
      ...damaged.map(({ error }) => error.message),
      ...(known.trouble === undefined ? [] : [known.trouble]),
    ],
    bytes: bytesOf(snapshots),
    waiting,
  };
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
