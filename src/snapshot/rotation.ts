// Decides which snapshots to keep. Pure: no clock, no disk.
import type { Retention } from '../plan/keep.ts';

/** What rotation needs to know of a snapshot. */
export interface Dated {
  readonly name: string;
  /** When it was taken. */
  readonly at: Date;
}

/** A snapshot that stays, and why: `last`, `daily`, `weekly`, `monthly`, `yearly`, `no policy`, `newest`. */
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
  readonly rule: keyof Retention;
  /** A number that all snapshots of one period share. `rank` counts from the newest snapshot, 0. */
  readonly period: (at: Date, rank: number) => number;
}

const DAY_MS = 86_400_000;

// In UTC, as the names of the folders are: no period depends on where the program runs.
const RULES: readonly Rule[] = [
  { rule: 'last', period: (_at, rank) => rank },
  { rule: 'daily', period: (at) => Math.floor(at.getTime() / DAY_MS) },
  // ISO 8601: weeks begin on Monday. Day 0 is a Thursday, so day -3 begins week 0; weeks counted through
  // from there are never cut at New Year.
  { rule: 'weekly', period: (at) => Math.floor((at.getTime() / DAY_MS + 3) / 7) },
  { rule: 'monthly', period: (at) => at.getUTCFullYear() * 12 + at.getUTCMonth() },
  { rule: 'yearly', period: (at) => at.getUTCFullYear() },
];

/**
 * Splits `snapshots`, in any order, into those `policy` keeps, each with its reasons, and those it lets go.
 *
 * A rule of `n` keeps the newest snapshot of each of the `n` newest periods that hold one, as restic's
 * `forget` does: a month without a run uses up nothing. The newest snapshot always stays. An empty policy
 * keeps everything: it is a mistake, not an order. Of snapshots with one time, the later name is the newer.
 *
 * @throws RangeError when a snapshot has no valid time: what cannot be put in order cannot be let go.
 */
export function planRotation<T extends Dated>(snapshots: readonly T[], policy: Retention): RotationPlan<T> {
  const newestFirst = sortNewestFirst(snapshots);
  const reasons = newestFirst.map((): string[] => []);
  for (const { rule, period } of RULES) {
    const limit = policy[rule] ?? 0;
    const seen = new Set<number>();
    for (const [rank, { at }] of newestFirst.entries()) {
      if (seen.size >= limit) break;
      const key = period(at, rank);
      if (!seen.has(key)) reasons[rank]?.push(rule);
      seen.add(key);
    }
  }
  const isEmpty = RULES.every(({ rule }) => policy[rule] === undefined);
  if (isEmpty) for (const own of reasons) own.push('no policy');
  else if (reasons[0]?.length === 0) reasons[0].push('newest');

  const judged = newestFirst.map((snapshot, rank) => ({ snapshot, reasons: reasons[rank] ?? [] }));
  return {
    keep: judged.filter((entry) => entry.reasons.length > 0),
    remove: judged.flatMap((entry) => (entry.reasons.length > 0 ? [] : [entry.snapshot])).toReversed(),
  };
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
