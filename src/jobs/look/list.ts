import { DEFAULT_EVERY_MS } from '../../plan/every.ts';
import type { Row } from '../../plan/plan.ts';
import { type Info, newBytesOf } from '../../snapshot/info.ts';
import { type Dated, planRotation } from '../../snapshot/rotation.ts';
import type { Series, Snapshot } from '../../snapshot/series.ts';
import { bytesOf } from '../../snapshot/series-size.ts';
import { thisZone } from '../../snapshot/zone.ts';
import { oddOnes } from '../odd-time.ts';
import { findAway } from '../run/away.ts';
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
    readonly name: string;
    readonly message: string;
    readonly hint: string | undefined;
  }[];
  /** What all whole snapshots take on disk, but for a few small files; what they share counts once. */
  readonly bytes: number;
  /** What there is to say of its disk, when that is not connected. */
  readonly waiting: string | undefined;
}

function dated({ name, at, doubt, info }: Snapshot): Dated {
  return { name, at, doubt, zone: info.zone };
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
  const { snapshots, unfinished, kept: others, damaged } = await series.survey(now);
  const kept = keep === undefined ? undefined : planRotation(snapshots.map(dated), keep, thisZone()).keep;
  return {
    name: series.name,
    folder: series.place(),
    snapshots: snapshots.map((snapshot) => ({
      ...snapshot,
      isOdd: snapshot.doubt === 'odd',
      newBytes: newBytesOf(snapshot.name, snapshot.info),
      reasons: kept && (kept.find((entry) => entry.snapshot.name === snapshot.name)?.reasons ?? []),
    })),
    unfinished,
    odd: oddOnes(snapshots),
    kept: others,
    damaged: damaged.map(({ name, error: { message, hint } }) => ({ name, message, hint })),
    bytes: bytesOf(snapshots),
    waiting,
  };
}
