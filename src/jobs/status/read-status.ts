import { commandLine } from '../../base/command-line.ts';
import { SnapshotError } from '../../base/errors.ts';
import { seriesWord } from '../../series/guards.ts';
import { isRun, type PastRecord, type PastRun } from '../../series/past.ts';
import { isLocked } from '../../series/lock/lock-file.ts';
import type { Series, Snapshot, Survey } from '../../series/series.ts';
import { type SeriesSize, sizeOfSeries } from '../../series/series-size.ts';
import { whatAndWayOut } from '../run/previous.ts';
import { PairSeries } from '../sync/pair-series.ts';
import { checksDue, type ScheduledCheck } from './checks-due.ts';
import { hintsFor } from './hints.ts';
import { type KnownPast, knownPast, type Watched } from './known-past.ts';
import type { KnownRow } from './plan-memory.ts';
import { type GoneSnapshot, goneSnapshot, newlyLost, NONE_LEFT } from './lost-archives.ts';
import type { Recall } from './memory.ts';
import { type RowStatus, statusOf } from './status.ts';

/** How one series is doing. */
export interface SeriesStatus extends RowStatus {
  readonly series: string;
  readonly destination: string;
  readonly everyMs: number;
  /** When the next verify and drill are due that a scheduler of this machine has; undefined: there is none. */
  readonly nextVerify?: Date | undefined;
  readonly nextDrill?: Date | undefined;
  /** Whether its log is there and was read: else nobody knows what was never done. */
  readonly isLogKnown: boolean;
  /** What is noted in it, once it is done: of mirrors there are no drills, and of pairs neither. */
  readonly logs: { readonly verifies: boolean; readonly drills: boolean };
  /** What to do about the reasons, where a command does it. */
  readonly hints: readonly string[];
  /** Lines of its log that say nothing. */
  readonly unreadable: number;
  /** Runs in its log that were made while the clock was wrong. */
  readonly wrongClocks?: number | undefined;
  /** Files in the newest snapshot. */
  readonly files?: number | undefined;
  /** Free at the destination, as far as it tells. */
  readonly freeBytes?: number | undefined;
  /** Whether a run is at work there. */
  readonly isRunning?: boolean | undefined;
  /** All snapshots that could be read, oldest first. */
  readonly history?: readonly Snapshot[] | undefined;
  /** In the order in which they were written. */
  readonly runs?: readonly PastRun[] | undefined;
}

/**
 * How `series` is doing, by its log, what this machine remembers, whether its snapshots can be read, and whether all that
 * they need is there: names and sizes, no archive and no index is read. Nothing is written.
 *
 * @param checks - Which verifies are scheduled here.
 */
export async function readStatus(
  watched: Watched,
  now: Date,
  recall: Recall,
  checks: readonly ScheduledCheck[] = [],
): Promise<SeriesStatus> {
  const { series, everyMs } = watched;
  const past = await knownPast(watched, now, recall);
  const { records, logged, unreadable, wrongClocks, away, trouble } = past;
  const { survey, wrong: damages } = away === undefined ? await lookInto(series, logged, now) : NOT_LOOKED;
  const isPair = series instanceof PairSeries;
  const isLogRead = away === undefined && trouble === undefined;
  const isChecked = isLogRead && watched.gone === undefined;
  const { late, ...due } = checksDue(
    isChecked ? checks.filter((one) => isFor(series, one)) : [],
    records,
    now,
  );
  const judged = withLate(statusOf(records, everyMs, now, away?.message), late);
  const status = { ...judged, size: sizeNow(survey, judged.size) };
  const lost = isLogRead ? lostText(series, survey, past) : [];
  const of = {
    ...(away === undefined && !isPair ? await placeNow(series) : {}),
    files: survey?.snapshots.at(-1)?.info.count.files,
    history: survey?.snapshots,
    runs: records.filter(isRun),
    series: watched.row?.label ?? series.title,
    // Where its log lies is of no interest.
    destination: isPair ? series.sides[1] : series.store.label,
    everyMs,
    ...due,
    isLogKnown: isLogRead && lost.length === 0,
    logs: { verifies: series.hasSnapshots || series.isMirror, drills: series.hasSnapshots },
    hints: isLogRead ? await hintsFor(watched, records) : [],
    unreadable,
    wrongClocks,
  };
  const wrong = [
    ...(watched.gone === undefined ? [] : [goneText(watched.gone, series)]),
    ...(trouble === undefined ? [] : [trouble]),
    ...lost,
    ...damages,
  ];
  if (wrong.length === 0) return { ...status, ...of };
  // A folder that nobody may look into is in the way of both.
  // What nothing makes any more is not overdue; nor is it known of what nobody could look into whether it ever ran.
  const isUnknown = (trouble !== undefined || lost.length > 0) && records.length === 0;
  const isOverdue = status.isOverdue && !isUnknown;
  const others = watched.gone === undefined && !isUnknown ? status.reasons : [];
  const reasons = [...new Set([...wrong, ...others])];
  return { ...status, ...of, state: 'failing', isFailing: true, isOverdue, reasons };
}

/** A sample of what a mirror holds is none, nor is it drilled; and of a pair nothing is noted. */
function isFor(series: Series, { kind, depth }: ScheduledCheck): boolean {
  return series.hasSnapshots || (series.isMirror && kind === 'verify' && depth === 0);
}

/** A verify or a drill that was left out is as overdue as a run. Before the first success there is nothing to verify. */
function withLate(status: RowStatus, late: readonly string[]): RowStatus {
  if (late.length === 0 || status.lastSuccess === undefined) return status;
  const state = status.isFailing ? status.state : 'overdue';
  return { ...status, state, isOverdue: true, reasons: [...status.reasons, ...late] };
}

function goneText({ source }: KnownRow, series: Series): string {
  const way = `if that is meant: \`${commandLine(`accept ${seriesWord(series.place())} .`)}\``;
  return `no row of the plan makes it any more: it was made from "${source}"; ${way}`;
}

/** What is not there any more, of what was: its log at least. */
function lostText(
  series: Series,
  survey: Survey | undefined,
  { hasLostLog, records }: KnownPast,
): readonly string[] {
  if (series.isMirror)
    return hasLostLog ? ['the mirror is not there any more; the next run makes it anew'] : [];
  if (survey === undefined) return [];
  const isEmpty = survey.snapshots.length + survey.damaged.length === 0;
  if (isEmpty) return hasLostLog ? [NONE_LEFT] : [];
  return records.length === 0 ? ['its log is not there any more: when it last ran is not known'] : [];
}

/** What is there counts, not what the log says was there. */
function sizeNow(survey: Survey | undefined, logged: SeriesSize | undefined): SeriesSize | undefined {
  if (survey === undefined || (survey.snapshots.length === 0 && logged === undefined)) return logged;
  return sizeOfSeries(survey.snapshots);
}

/** What is about the place, and no reason for anything. */
async function placeNow(series: Series): Promise<Pick<SeriesStatus, 'freeBytes' | 'isRunning'>> {
  try {
    return { freeBytes: await series.store.freeBytes(), isRunning: await isLocked(series) };
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return {};
  }
}

interface LookedInto {
  /** Undefined: nobody could look. */
  readonly survey: Survey | undefined;
  readonly wrong: readonly string[];
}

const NOT_LOOKED: LookedInto = { survey: undefined, wrong: [] };

function wordsOf(gone: GoneSnapshot | undefined): readonly string[] {
  if (gone === undefined) return [];
  return [gone.isAll ? gone.message : `${gone.message}; the next run writes what it lacks`];
}

/** What there is, and what is wrong with it, as far as each info.json, names and sizes tell. */
async function lookInto(series: Series, logged: readonly PastRecord[], now: Date): Promise<LookedInto> {
  try {
    const survey = await series.survey(now);
    const damaged = survey.damaged.map(
      ({ name, error }) => `snapshot ${name} is damaged: ${whatAndWayOut(error)}`,
    );
    const lost = await newlyLost(series, survey, now);
    return { survey, wrong: [...damaged, ...wordsOf(goneSnapshot(logged, survey)), ...lost] };
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return { survey: undefined, wrong: [error.message] };
  }
}
