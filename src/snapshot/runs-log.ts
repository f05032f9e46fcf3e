import type { ChangeCount } from '../tree/compare.ts';
import type { Series } from './series.ts';

export const RUNS_FILE = 'runs.jsonl';

/** One line of runs.jsonl: how one run of a row ended. */
export interface RunRecord {
  readonly started: string;
  readonly finished: string;
  readonly outcome: 'written' | 'unchanged' | 'failed' | 'stopped';
  readonly snapshot: string | null;
  readonly change: ChangeCount;
  /** Of all files. */
  readonly bytes: number;
  /** Written to the destination. */
  readonly newBytes: number;
  /** How many entries were named as skipped. */
  readonly skipped: number;
  readonly guards: readonly string[];
  readonly error: string | null;
  /** Snapshots that rotation let go. */
  readonly removed: readonly string[];
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

/** Adds `record` to the log of `series`. */
export async function appendDrill(series: Series, record: DrillRecord): Promise<void> {
  await series.store.appendLine(series.key(RUNS_FILE), JSON.stringify(record));
}

/** Adds `record` to the log of `series`. */
export async function appendRun(series: Series, record: RunRecord): Promise<void> {
  await series.store.appendLine(series.key(RUNS_FILE), JSON.stringify(record));
}
