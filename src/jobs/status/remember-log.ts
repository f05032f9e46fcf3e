import { SnapshotError } from '../../base/errors.ts';
import type { PastRecord } from '../../series/past.ts';
import { readRuns } from '../../series/read-runs.ts';
import type { Series } from '../../series/series.ts';
import { type Memory, withSeries } from './memory.ts';
import { essentialOf, withoutFuture } from './status.ts';

/**
 * `remembered` and `log` as one: of runs that did not reach the log, and of other disks, only a machine knows. The log says
 * in which order things happened, also where a clock was put back; what is not in it comes in by its time.
 */
export function joinPasts(
  remembered: readonly PastRecord[],
  log: readonly PastRecord[],
): readonly PastRecord[] {
  const logged = new Set(log.map(({ started, outcome }) => `${started} ${outcome}`));
  const missing = remembered.filter(({ started, outcome }) => !logged.has(`${started} ${outcome}`));
  const all = [...log];
  const byTime = missing.toSorted((a, b) => timeOf(a) - timeOf(b));
  for (const one of byTime)
    all.splice(all.findLastIndex((known) => timeOf(known) <= timeOf(one)) + 1, 0, one);
  return all;
}

function timeOf({ started }: PastRecord): number {
  return Date.parse(started);
}

/**
 * Remembers what the log of `series` says, as verifies and drills have added to it, for when its disk is away. A
 * destination that no row has run for is not remembered.
 *
 * @param note - Told when that is not possible: no reason for anything to fail.
 */
export async function rememberLog(
  series: Series,
  memory: Memory,
  now: Date,
  note: (message: string) => void,
): Promise<void> {
  const { store, name } = series;
  try {
    if ((await memory.find(store.label)) === undefined) return;
    const log = (await readRuns(series)).records;
    await memory.update(store.label, (known) =>
      withSeries(known, name, (one) => ({
        ...one,
        records: essentialOf(withoutFuture(joinPasts(one.records, log), now)),
      })),
    );
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    note(`this machine will not remember it: ${error.message}`);
  }
}
