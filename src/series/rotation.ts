// Decides which snapshots to keep. Pure: no clock, no disk.
import type { Retention } from '../plan/keep.ts';
import type { Placed } from './clocks.ts';
import { type LocalDate, localDate } from './zone.ts';

/** What rotation needs to know of a snapshot. */
export interface Dated {
  readonly name: string;
  /** When it was taken. */
  readonly at: Date;
  /** The time zone in which its days count; see {@link planRotation} for those without. */
  readonly zone?: string | undefined;
  /** Whether `at` is certain, see {@link Placed}. */
  readonly doubt?: Placed['doubt'];
}

/** A snapshot that stays, and why: `last`, `hourly`, `daily`, `weekly`, `monthly`, `yearly`, `no policy`, `newest`. */
export interface Kept<T> {
  readonly snapshot: T;
  readonly reasons: readonly string[];
}

export interface RotationPlan<T> {
  /** Newest first, the order of a list. */
  readonly keep: readonly Kept<T>[];
  /** Oldest first, the order of removal: what is cut short has cost the least valuable ones. */
  readonly remove: readonly T[];
}

interface Rule {
  readonly rule: Exclude<keyof Retention, 'last'>;
  /** A number that all snapshots of one period share. */
  readonly period: (date: LocalDate) => number;
}

const RULES: readonly Rule[] = [
  { rule: 'hourly', period: ({ hour }) => hour },
  { rule: 'daily', period: ({ day }) => day },
  // ISO 8601: weeks begin on Monday. Day 0 is a Thursday, so day -3 begins week 0; weeks counted through
  // from there are never cut at New Year.
  { rule: 'weekly', period: ({ day }) => Math.floor((day + 3) / 7) },
  { rule: 'monthly', period: ({ year, month }) => year * 12 + month },
  { rule: 'yearly', period: ({ year }) => year },
];

/** So many that follow each other may have a day of their own each, though nobody knows which. */
const MOST_DOUBTFUL = 100;

/**
 * Splits `snapshots`, in any order, into those `policy` keeps, each with its reasons, and those it lets go.
 *
 * A rule of `n` keeps the newest snapshot of each of the `n` newest periods that hold one, as restic's
 * `forget` does: a month without a run uses up nothing. The newest snapshot always stays. An empty policy
 * keeps everything: it is a mistake, not an order. Of snapshots with one time, the later name is the newer.
 *
 * A snapshot of which it is not certain when it was taken lets no other go, as it takes up no period; and it stays
 * as long as it may be the newest of one that counts.
 *
 * @param zone - Where the days of those snapshots count that do not say.
 * @throws RangeError when a snapshot has no valid time: what cannot be put in order cannot be let go.
 */
export function planRotation<T extends Dated>(
  snapshots: readonly T[],
  policy: Retention,
  zone: string = 'UTC',
): RotationPlan<T> {
  const newestFirst = sortNewestFirst(snapshots);
  const reasons = newestFirst.map((_, rank): string[] => (rank < (policy.last ?? 0) ? ['last'] : []));
  const dates = newestFirst.map((one) =>
    one.doubt === undefined ? localDate(one.at, one.zone, zone) : undefined,
  );
  for (const { rule, period } of RULES) {
    const periods = dates.map((date) => (date === undefined ? undefined : period(date)));
    for (const rank of keptBy(periods, policy[rule] ?? 0)) reasons[rank]?.push(rule);
  }
  const isEmpty = Object.values(policy).every((limit) => limit === undefined);
  if (isEmpty) for (const own of reasons) own.push('no policy');
  else if (reasons[0]?.length === 0) reasons[0].push('newest');

  const judged = newestFirst.map((snapshot, rank) => ({ snapshot, reasons: reasons[rank] ?? [] }));
  return {
    keep: judged.filter((entry) => entry.reasons.length > 0),
    remove: judged.flatMap((entry) => (entry.reasons.length > 0 ? [] : [entry.snapshot])).toReversed(),
  };
}

/**
 * The ranks that a rule keeps which has room for `limit` periods.
 *
 * @param periods - That of each snapshot, the newest first; undefined where it is not certain.
 */
function keptBy(periods: readonly (number | undefined)[], limit: number): readonly number[] {
  const kept: number[] = [];
  const seen = new Set<number>();
  let newer: number | undefined;
  let doubtful = 0;
  for (const [rank, period] of periods.entries()) {
    if (seen.size >= limit) break;
    if (period === undefined) {
      const older = periods.slice(rank + 1).find((other) => other !== undefined);
      const isOfThatPeriod = newer !== undefined && newer === older;
      if (!isOfThatPeriod && doubtful++ < MOST_DOUBTFUL) kept.push(rank);
      continue;
    }
    [newer, doubtful] = [period, 0];
    if (!seen.has(period)) kept.push(rank);
    seen.add(period);
  }
  return kept;
}

function sortNewestFirst<T extends Dated>(snapshots: readonly T[]): readonly T[] {
  const undated = snapshots.find(({ at }) => Number.isNaN(at.getTime()));
  if (undated !== undefined) throw new RangeError(`Snapshot "${undated.name}" has no valid time`);
  return snapshots.toSorted((a, b) => b.at.getTime() - a.at.getTime() || compareNames(b.name, a.name));
}

function compareNames(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
