import { SnapshotError } from '../../base/errors.ts';
import type { Row } from '../../plan/plan.ts';
import { placeInTime } from '../../series/clocks.ts';
import { isRun, isSuccess, type PastRecord } from '../../series/past.ts';
import { type PastRuns, readRuns } from '../../series/read-runs.ts';
import type { Series } from '../../series/series.ts';
import { type Away, findAway } from '../run/away.ts';
import { findStranger } from '../run/whose.ts';
import type { Recall } from './memory.ts';
import type { KnownRow } from './plan-memory.ts';
import { joinPasts } from './remember-log.ts';

/** A series, and how often it is to succeed. */
export interface Watched {
  readonly series: Series;
  readonly everyMs: number;
  /** The row of the plan that makes it, if one does. */
  readonly row?: Row | undefined;
  /** The row that made it, which the plan has no more. */
  readonly gone?: KnownRow | undefined;
  /** This machine remembers that the row had a success. */
  readonly hadSuccess?: boolean | undefined;
}

/** What is known of the past of a series, in order. */
export interface KnownPast extends PastRuns {
  /** Its disk is not there. */
  readonly away: Away | undefined;
  /** Runs in its log that were made while the clock was wrong. */
  readonly wrongClocks: number;
  /** What stands in the log of the series itself, as it stands there. */
  readonly logged: readonly PastRecord[];
  /** Why its log cannot be read, or is not that of the row. */
  readonly trouble: string | undefined;
  /** This machine remembers a success on the only disk, and its log knows of none: somebody has deleted that. */
  readonly hasLostLog: boolean;
}

const NO_LOG: PastRuns = { records: [], unreadable: 0 };

/** The log of a series, and what this machine remembers of runs that did not reach it. Nothing is written. */
export async function knownPast(
  { series, everyMs, row, hadSuccess = false }: Watched,
  now: Date,
  recall: Recall,
): Promise<KnownPast> {
  const known = await recall(series.store.label);
  const away = await findAway(series, everyMs, known, now);
  const { log, trouble } = away === undefined ? await logOf(series, row) : { log: NO_LOG };
  const all = known?.series.find(({ name }) => name === series.name)?.records ?? [];
  // A success that is not in the log of the only disk is none any more.
  const isElsewhere = away !== undefined || (known?.disks.length ?? 0) > 1;
  const remembered = all.filter((record) => isElsewhere || (isRun(record) && !isSuccess(record)));
  const wasWritten = (hadSuccess || hasSuccess(all)) && hasOwnLog(series);
  const hasLostLog = trouble === undefined && !isElsewhere && wasWritten && !hasSuccess(log.records);
  const starts = log.records.map(({ started }) => Date.parse(started));
  const wrongClocks = placeInTime(starts, now.getTime()).filter(({ doubt }) => doubt === 'odd').length;
  const records = joinPasts(remembered, log.records);
  return { records, logged: log.records, unreadable: log.unreadable, wrongClocks, away, trouble, hasLostLog };
}

function hasSuccess(records: readonly PastRecord[]): boolean {
  return records.some((record) => isRun(record) && isSuccess(record));
}

/** A pair has none: what is known of it, this machine knows. */
function hasOwnLog({ hasSnapshots, isMirror }: Series): boolean {
  return hasSnapshots || isMirror;
}

async function logOf(
  series: Series,
  row: Row | undefined,
): Promise<{ readonly log: PastRuns; readonly trouble?: string | undefined }> {
  try {
    // The runs in the log of another's series say nothing of this row.
    const trouble = row === undefined ? undefined : (await findStranger(series, row))?.message;
    return { log: await readRuns(series), trouble };
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return { log: NO_LOG, trouble: error.message };
  }
}
