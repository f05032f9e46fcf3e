import { isSuccess, type PastRecord, parsePast } from './past.ts';
import { RUNS_FILE } from './runs-log.ts';
import type { Series } from './series.ts';

/** The end of a log: mostly two weeks of nights. */
const LAST_BYTES = 16 * 1024;
/** The end of a log: mostly half a year of nights, and read at once. */
const TAIL_BYTES = 256 * 1024;
/** So far back verifies and drills are looked for: they are rarer than runs. */
const FAR_BYTES = 4 * 1024 * 1024;

export interface PastRuns {
  /** As they stand in the log: the oldest first. */
  readonly records: readonly PastRecord[];
  /** Lines that say nothing: cut short by a crash, damaged, or of a later version. */
  readonly unreadable: number;
}

/**
 * The newest records of a series' log: at least up to the last success, as far as there is one, and mostly up to
 * the last verify and drill.
 *
 * @throws {@link SnapshotError} `E_STORE` when the log cannot be read.
 */
export async function readRuns(series: Series): Promise<PastRuns> {
  for (const bytes of [TAIL_BYTES, FAR_BYTES]) {
    const { runs, isAll } = await readLast(series, bytes);
    if (isAll || isEnough(runs.records, bytes)) return runs;
  }
  return (await readLast(series, Infinity)).runs;
}

/**
 * The newest records of a series' log, from the last success on, and mostly some before: what a run reads each night.
 *
 * @throws {@link SnapshotError} `E_STORE` when the log cannot be read.
 */
export async function readSinceSuccess(series: Series): Promise<readonly PastRecord[]> {
  for (const bytes of [LAST_BYTES, TAIL_BYTES]) {
    const { runs, isAll } = await readLast(series, bytes);
    if (isAll || runs.records.some(isSuccess)) return runs.records;
  }
  return (await readLast(series, Infinity)).runs.records;
}

function isEnough(records: readonly PastRecord[], bytes: number): boolean {
  if (!records.some(isSuccess)) return false;
  const has = (outcome: string): boolean => records.some((record) => record.outcome === outcome);
  return bytes >= FAR_BYTES || (has('verify') && has('drill'));
}

async function readLast(series: Series, bytes: number): Promise<{ runs: PastRuns; isAll: boolean }> {
  const { text, isAll } = await series.store.readLines(series.key(RUNS_FILE), bytes);
  const lines = text.split('\n');
  // It most likely begins within a line.
  if (!isAll) lines.shift();
  const found = lines.filter((line) => line.trim() !== '').map(parsePast);
  const records = found.filter((record) => record !== undefined);
  return { runs: { records, unreadable: found.length - records.length }, isAll };
}
