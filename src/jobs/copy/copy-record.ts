import { SnapshotError } from '../../base/errors.ts';
import { readDamage } from '../../series/damage/damage.ts';
import { isSuccess, parsePast } from '../../series/past.ts';
import { readRuns } from '../../series/read-runs.ts';
import { appendRecord, type RunRecord, RUNS_FILE } from '../../series/runs-log.ts';
import { sizeOfSeries } from '../../series/series-size.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import { recordOf as damageRecordOf } from '../run/row-damage.ts';

/** So much of a log holds its last success, mostly. */
const TAIL_BYTES = 1024 * 1024;

/** What the log of `series` is to say of what it has, beside what a run says anyway. */
async function stateRecord(
  series: Series,
  snapshots: readonly Snapshot[],
): Promise<Pick<RunRecord, 'snapshots' | 'oldest' | 'seriesBytes' | 'damage'>> {
  const { snapshots: count, oldest, bytes } = sizeOfSeries(snapshots);
  const damage = damageRecordOf(await readDamage(series), snapshots);
  return { snapshots: count, oldest, seriesBytes: bytes, damage };
}

/**
 * Notes in the log of `to` the last success of `from`, unless it has come so far: with what was brought, and what is there.
 *
 * @param note - Told when it cannot be noted: what was brought is there all the same.
 */
export async function noteCopy(
  from: Series,
  to: Series,
  newBytes: number,
  note: (message: string) => void,
): Promise<void> {
  try {
    const last = await lastSuccess(from);
    const { snapshots } = await to.survey();
    const newest = snapshots.at(-1);
    if (newest === undefined) return;
    const known = (await readRuns(to)).records.findLast(isSuccess)?.started ?? '';
    const record = last ?? ofSnapshot(newest);
    // One of another snapshot than the newest there is no success of this place.
    const isOfNewest = record.snapshot === newest.name;
    if (!isOfNewest || record.started <= known) return;
    await appendRecord(to, { ...record, newBytes, removed: [], ...(await stateRecord(to, snapshots)) });
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    note(`this is not in the log of the copy: ${error.message}`);
  }
}

/** The whole line of it; undefined without one. */
async function lastSuccess(series: Series): Promise<RunRecord | undefined> {
  const { text } = await series.store.readLines(series.key(RUNS_FILE), TAIL_BYTES);
  const line = text.split('\n').findLast((one) => {
    const past = parsePast(one);
    return past !== undefined && isSuccess(past);
  });
  return line === undefined ? undefined : (JSON.parse(line) as RunRecord);
}

/** What the log would say of the run that wrote it, as far as it tells. */
function ofSnapshot({ name, info }: Snapshot): RunRecord {
  const { time, change, bytes, guards = [] } = info;
  const none = { newBytes: 0, skipped: 0, error: null, removed: [] };
  return { ...time, outcome: 'written', snapshot: name, change, bytes, guards, ...none };
}
