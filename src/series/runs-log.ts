import { SnapshotError } from '../base/errors.ts';
import type { ChangeCount } from '../tree/compare.ts';
import type { Series } from './series.ts';

export const RUNS_FILE = 'runs.jsonl';

/** What is known to be damaged in a series, as numbers. */
export interface DamageRecord {
  /** Files of the series that are damaged; one with several names counts as often. */
  readonly files: number;
  /** How many of them the newest snapshot needs. */
  readonly needed: number;
  /** How many of them are no archives, so that `verify --repair` may write them anew, and accepted by nobody. */
  readonly repairable: number;
  /** Files of snapshots that no archive has any more, and that nobody has accepted. */
  readonly lost: number;
  /** There is damage, and what it is cannot be read. */
  readonly unknown: boolean;
}

/** One line of runs.jsonl: how one run of a row ended. */
export interface RunRecord {
  readonly started: string;
  readonly finished: string;
  readonly outcome: 'written' | 'unchanged' | 'failed' | 'stopped' | 'waiting';
  readonly snapshot: string | null;
  readonly change: ChangeCount;
  /** Of all files. */
  readonly bytes: number;
  /** Written to the destination. */
  readonly newBytes: number;
  /** How many entries were named as skipped, and accepted by nobody. */
  readonly skipped: number;
  /** Those of them that are not in the snapshot, though they exist; left out by a run that did not come so far. */
  readonly missing?: number | undefined;
  /** How many are accepted; left out when none is. */
  readonly known?: number | undefined;
  /** Why snapshots that were to go are there still; left out when rotation was not held back. */
  readonly heldBack?: string | undefined;
  readonly guards: readonly string[];
  /** Of a sync: what both sides had changed, and where the other content lies; left out where there was nothing. */
  readonly conflicts?: readonly string[] | undefined;
  readonly error: string | null;
  /** Snapshots that rotation let go. */
  readonly removed: readonly string[];
  /** What the series has after the run: how many snapshots, ... Missing where the run did not come so far. */
  readonly snapshots?: number | undefined;
  /** ... when the oldest of them began ... */
  readonly oldest?: string | null | undefined;
  /** ... and what all of them take on disk, but for a few small files. */
  readonly seriesBytes?: number | undefined;
  /** What is known to be damaged after it; missing where the run did not come so far, and in lines of earlier versions. */
  readonly damage?: DamageRecord | undefined;
}

/** One line of runs.jsonl: what `snapshot verify` found. */
export interface VerifyRecord {
  readonly started: string;
  readonly finished: string;
  readonly outcome: 'verify';
  /** `passed`: nothing is damaged. */
  readonly result: 'passed' | 'failed';
  readonly level: 'quick' | 'full';
  /** So much of the contents was read, 0 to 1; null without --sample. */
  readonly sample: number | null;
  /** What --at said; null: all snapshots. */
  readonly at: string | null;
  /** How many were looked at. */
  readonly snapshots: number;
  readonly readBytes: number;
  readonly damages: number;
  readonly lost: number;
  /** Of a mirror that differs: the next run puts it right, or one with `--rehash` only. */
  readonly mendedBy?: 'run' | 'rehash' | undefined;
  /** What is known to be damaged after it; missing where that could not be noted, and in lines of earlier versions. */
  readonly damage?: DamageRecord | undefined;
}

/** One line of runs.jsonl: how a drill ended. */
export interface DrillRecord {
  readonly started: string;
  readonly finished: string;
  readonly outcome: 'drill';
  readonly snapshot: string;
  /** `passed`: everything came back as the index says. */
  readonly result: 'passed' | 'failed';
  /** That came back as they should. */
  readonly paths: number;
  readonly bytes: number;
  /** How many paths did not, or came back in vain. */
  readonly differences: number;
  readonly durationMs: number;
  /** Why nothing could be extracted, or null. */
  readonly error: string | null;
}

/** One line of runs.jsonl: snapshots were removed on demand. */
export interface RemovalRecord {
  readonly started: string;
  readonly finished: string;
  readonly outcome: 'prune' | 'forget';
  readonly removed: readonly string[];
  /** Why others that were to go are there still. */
  readonly heldBack?: string | undefined;
}

/** As {@link appendRecord}. Where the log cannot be written, what was found stands all the same: that is told to `note`. */
export async function appendOrNote(
  series: Series,
  record: VerifyRecord | DrillRecord,
  note: (message: string) => void,
): Promise<void> {
  try {
    await appendRecord(series, record);
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    note(`this ${record.outcome} is not in the log: ${error.message}`);
  }
}

/** Adds `record` to the log of `series`. */
export async function appendRecord(
  series: Series,
  record: RunRecord | VerifyRecord | DrillRecord | RemovalRecord,
): Promise<void> {
  await series.store.appendLine(series.key(RUNS_FILE), JSON.stringify(record));
}
