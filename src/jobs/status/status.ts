// How a row is doing, judged by its records. Pure: no clock, no disk.
import { everyText } from '../../plan/every.ts';
import { commandLine } from '../../base/command-line.ts';
import {
  isRemoval,
  isRun,
  isSuccess,
  type PastDrill,
  type PastRecord,
  type PastRun,
  type PastVerify,
} from '../../series/past.ts';
import {
  heldBackFailures,
  isDecisive,
  missingFailures,
  missingNotes,
  sinceText,
  streaksOf,
} from './streaks.ts';
import type { SeriesSize } from '../../series/series-size.ts';

/** The gravest of what there is to say. */
export type RowState = 'failing' | 'overdue' | 'waiting' | 'ok';

export interface RowStatus {
  readonly state: RowState;
  /** The last success is older than `every` and half of it. */
  readonly isOverdue: boolean;
  /** The last run failed, a guard holds something back, or a snapshot was found to be damaged. */
  readonly isFailing: boolean;
  /** Why it is not `ok`; empty when it is. */
  readonly reasons: readonly string[];
  /** What is worth knowing, and needs nobody. */
  readonly notes: readonly string[];
  readonly lastRun: PastRun | undefined;
  readonly lastSuccess: PastRun | undefined;
  readonly lastVerify: PastVerify | undefined;
  readonly lastDrill: PastDrill | undefined;
  /** Undefined before the first success. */
  readonly nextDue: Date | undefined;
  /** What the series has; by the last run that knows, where nobody can look. */
  readonly size: SeriesSize | undefined;
}

/** A clock that is wrong by so much is no reason for doubt. */
const CLOCK_MS = 24 * 3_600_000;

/** The records whose times can be believed: those of the future are of a clock that was wrong. */
export function withoutFuture(records: readonly PastRecord[], now: Date): readonly PastRecord[] {
  const latestMs = now.getTime() + CLOCK_MS;
  return records.filter(({ started }) => Date.parse(started) <= latestMs);
}

/** Of `records`, the success with the latest time. By the order of writing it need not be the last one: a clock may have been put back. */
export function latestSuccess(records: readonly PastRecord[]): PastRun | undefined {
  let latest: PastRun | undefined;
  for (const run of records.filter(isRun).filter(isSuccess))
    if (latest === undefined || Date.parse(run.started) >= Date.parse(latest.started)) latest = run;
  return latest;
}

/**
 * Since when a row is overdue whose last success began at `sinceMs`: half of `everyMs` later than it was due, so
 * that a night that begins late is no alarm, and one that was missed is seen the next afternoon.
 */
export function overdueFrom(sinceMs: number, everyMs: number): number {
  return sinceMs + everyMs * 1.5;
}

/**
 * @param records - In the order in which they were written, whatever the clock said.
 * @param waiting - What its disk has to say that is not connected.
 */
export function statusOf(
  records: readonly PastRecord[],
  everyMs: number,
  now: Date,
  waiting?: string,
): RowStatus {
  const runs = records.filter(isRun);
  const lastSuccess = latestSuccess(withoutFuture(runs, now));
  const lastVerify = records.findLast((record) => record.outcome === 'verify');
  const lastDrill = records.findLast((record) => record.outcome === 'drill');
  const failures = [
    ...failureOf(runs),
    ...missingFailures(runs),
    ...heldBackFailures(records),
    ...damageFailures(records),
    ...(lastDrill?.result === 'failed' ? ['the last drill failed'] : []),
  ];
  const late = lateness(runs, lastSuccess, everyMs, now);
  const isFailing = failures.length > 0 || (lastSuccess === undefined && runs.length > 0);
  const isOverdue = late !== undefined;
  const reasons = [
    ...failures,
    ...(late === undefined ? [] : [late]),
    ...(waiting === undefined ? [] : [waiting]),
  ];
  return {
    state: isFailing ? 'failing' : isOverdue ? 'overdue' : waiting === undefined ? 'ok' : 'waiting',
    isOverdue,
    isFailing,
    reasons: isFailing && reasons.length === 0 ? ['it never succeeded'] : reasons,
    notes: [...damageNotes(records), ...missingNotes(runs), ...lastConflicts(runs)],
    lastRun: runs.at(-1),
    lastSuccess,
    lastVerify,
    lastDrill,
    nextDue: lastSuccess && new Date(Date.parse(lastSuccess.started) + everyMs),
    size: sizeBy(sizedIn(records)),
  };
}

/** What the last sync that did something had to decide: until the next one, somebody may want the other content. */
export function lastConflicts(runs: readonly PastRun[]): readonly string[] {
  return runs.findLast(({ outcome }) => outcome === 'written')?.conflicts ?? [];
}

/** The last run that knows what the series has. */
function sizedIn(records: readonly PastRecord[]): PastRun | undefined {
  return records.filter(isRun).findLast(({ snapshots }) => snapshots !== undefined);
}

function sizeBy(run: PastRun | undefined): SeriesSize | undefined {
  if (run?.snapshots === undefined) return undefined;
  return { snapshots: run.snapshots, oldest: run.oldest ?? null, bytes: run.seriesBytes ?? 0 };
}

/**
 * What the last run failed for, and what guards hold, which no run lifts that fails. One that was stopped, or found no disk,
 * says nothing of the row.
 */
function failureOf(runs: readonly PastRun[]): readonly string[] {
  const last = runs.findLast(isDecisive);
  if (last === undefined) return [];
  const failed =
    last.outcome === 'failed' ? [`the last run failed: ${last.error ?? 'no reason is known'}`] : [];
  const held = (runs.findLast(isSuccess)?.guards ?? []).map((guard) => {
    const since = sinceText(runs.filter(isSuccess), (one) => one.guards.includes(guard));
    return `the guard \`${guard}\` holds something back, ${since}`;
  });
  return [...failed, ...held];
}

function lateness(
  runs: readonly PastRun[],
  lastSuccess: PastRun | undefined,
  everyMs: number,
  now: Date,
): string | undefined {
  if (runs.length === 0) return 'it has never run';
  if (lastSuccess === undefined) return undefined;
  const sinceMs = Date.parse(lastSuccess.started);
  if (now.getTime() <= overdueFrom(sinceMs, everyMs)) return undefined;
  return `the last success was ${ageText(now.getTime() - sinceMs)} ago, and is to be every ${everyText(everyMs)}`;
}

/** What is known to be damaged and needs somebody: what the newest snapshot lacks, and what nothing has any more. */
function damageFailures(records: readonly PastRecord[]): readonly string[] {
  const failed = openFailures(records).at(-1);
  const { needed = 0, repairable = 0, lost = 0, unknown = false } = lastDamage(records)?.damage ?? {};
  return [
    ...(failed === undefined ? [] : [foundText(failed)]),
    ...(unknown ? ['what is damaged is not known, as damage.json cannot be read'] : []),
    ...(needed > 0
      ? [
          `${filesAre(needed, 'that the newest snapshot needs')} damaged; a run writes again what the source has`,
        ]
      : []),
    ...(repairable > 0
      ? [
          `${filesAre(repairable, 'beside archives')} damaged; \`${commandLine('verify --repair')}\` may write them anew`,
        ]
      : []),
    ...(lost > 0 ? [`${filesAre(lost, 'of snapshots')} damaged, and in no archive any more`] : []),
  ];
}

function damageNotes(records: readonly PastRecord[]): readonly string[] {
  const { files = 0, needed = 0, repairable = 0, lost = 0 } = lastDamage(records)?.damage ?? {};
  if (files === 0 || needed + repairable + lost > 0) return [];
  return [`${filesAre(files, 'that older snapshots need')} damaged; \`${commandLine('list')}\` marks these`];
}

function lastDamage(records: readonly PastRecord[]): PastRun | PastVerify | undefined {
  return records.findLast(
    (record): record is PastRun | PastVerify =>
      record.outcome !== 'drill' && !isRemoval(record) && record.damage !== undefined,
  );
}

function filesAre(n: number, which: string): string {
  return n === 1 ? `1 file ${which} is` : `${n} files ${which} are`;
}

function foundText({ level, mendedBy }: PastVerify): string {
  if (mendedBy === undefined) return `\`snapshot verify\` found damage (level ${level})`;
  const way =
    mendedBy === 'run'
      ? 'the next run puts it right'
      : `\`${commandLine('run --rehash')}\` puts it right, and another full verify makes sure`;
  return `\`snapshot verify\` found what was changed in the mirror (level ${level}); ${way}`;
}

/**
 * Failed verifies that nothing has made up for, the most thorough one last: a later one of all snapshots, and no less thorough, stands
 * in their place; and where a run puts it right, a run. What they have noted in damage.json is judged by that. Of those that are
 * made up for by the same, the last one.
 */
function openFailures(records: readonly PastRecord[]): readonly PastVerify[] {
  const open = records.flatMap((record, i) => {
    if (record.outcome !== 'verify' || record.result === 'passed' || record.damage !== undefined) return [];
    return records.slice(i + 1).some((later) => isMending(later, record)) ? [] : [record];
  });
  const last = new Map(open.map((one) => [`${rank(one)} ${one.mendedBy}`, one]));
  return open
    .filter((one) => last.get(`${rank(one)} ${one.mendedBy}`) === one)
    .toSorted((a, b) => rank(a) - rank(b));
}

function isMending(later: PastRecord, failed: PastVerify): boolean {
  if (later.outcome !== 'verify') return failed.mendedBy === 'run' && isSuccess(later);
  return later.at === null && rank(later) >= rank(failed);
}

function rank({ level, sample }: Pick<PastVerify, 'level' | 'sample'>): number {
  if (level === 'quick') return 0;
  return sample === null ? 2 : 1;
}

/** `5 hours`, `3 days`: cut to whole ones. */
export function ageText(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 1) return 'less than a minute';
  if (minutes < 60) return minutes === 1 ? '1 minute' : `${minutes} minutes`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return hours === 1 ? '1 hour' : `${hours} hours`;
  return `${Math.floor(hours / 24)} days`;
}

/**
 * The few of `records` that make up their state: {@link statusOf} says the same of them, also when others follow.
 *
 * @param records - From {@link withoutFuture}, in the order in which they were written.
 */
export function essentialOf(records: readonly PastRecord[]): readonly PastRecord[] {
  const wanted = new Set<PastRecord | undefined>([
    records.findLast(isRun),
    latestSuccess(records),
    records.findLast((record) => record.outcome === 'verify'),
    records.findLast((record) => record.outcome === 'drill'),
    // By the order of writing: it may have put right what a verify found.
    records.findLast(isSuccess),
    sizedIn(records),
    ...openFailures(records),
    lastDamage(records),
    ...streaksOf(records),
  ]);
  return records.filter((record) => wanted.has(record));
}
