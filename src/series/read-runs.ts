import { isSuccess, type PastRecord, parsePast } from './past.ts';
import { RUNS_FILE } from './runs-log.ts';
import type { Series } from './series.ts';

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
  const items = await series.store.list(series.name);
  const size = items.find(({ name, isFolder }) => name === RUNS_FILE && !isFolder)?.sizeBytes ?? 0;
  for (const bytes of [TAIL_BYTES, FAR_BYTES]) {
    if (bytes >= size) break;
    const runs = await readFrom(series, size - bytes, size);
    if (isEnough(runs.records, bytes)) return runs;
  }
  return await readFrom(series, 0, size);
}

function isEnough(records: readonly PastRecord[], bytes: number): boolean {
  if (!records.some(isSuccess)) return false;
  const has = (outcome: string): boolean => records.some((record) => record.outcome === outcome);
  return bytes >= FAR_BYTES || (has('verify') && has('drill'));
}

async function readFrom(series: Series, start: number, end: number): Promise<PastRuns> {
  if (end === start) return { records: [], unreadable: 0 };
  const bytes = await series.store.readRange(series.key(RUNS_FILE), start, end - start);
  const lines = bytes.toString('utf8').split('\n');
  // It most likely begins within a line.
  if (start > 0) lines.shift();
  const found = lines.filter((line) => line.trim() !== '').map(parsePast);
  const records = found.filter((record) => record !== undefined);
  return { records, unreadable: found.length - records.length };
}
