import { SnapshotError } from '../../base/errors.ts';
import { LockLostError } from '../../series/lock/lock.ts';
import type { Left } from '../../series/removal.ts';
import type { Series, Snapshot, Survey } from '../../series/series.ts';
import { removeIfAllowed } from '../../store/remove-if-allowed.ts';
import type { RowContext } from './row-context.ts';

/**
 * Clears away what runs that were cut short have left, once it is of no use any more; and what nobody needs any
 * more of what rotation had to leave.
 *
 * @param survey - With the snapshot that was just written: it may name archives in unfinished folders.
 */
export async function clearUnfinished(
  { series, report, lock }: RowContext,
  survey: Pick<Survey, 'unfinished' | 'kept' | 'snapshots' | 'damaged' | 'parts'>,
): Promise<void> {
  const { unfinished, kept, snapshots, parts } = survey;
  // That of the newest one is left where a run was cut short right after it had finished.
  const newest = snapshots.at(-1);
  if (newest !== undefined) await series.settle(newest.name);
  if (parts.length > 0) await lock?.check();
  // Where nothing may be removed they stay, and are in nobody's way.
  for (const name of parts) if (!(await removeIfAllowed(series.store, series.key(name)))) break;
  // A damaged snapshot may need an archive that lies there.
  if (await series.mayNeedOthers(survey)) return;
  const folders = [...unfinished, ...kept];
  if (folders.length > 0) await lock?.check();
  for (const name of folders) {
    const left = await tryToClear(series, name, snapshots, report);
    if (left === 'failed') continue;
    // Better a folder too many than a snapshot too few.
    if (left === undefined) report.note(`folder ${name} stays: it does not look unfinished any more`);
    else if (left.foreign.length > 0) {
      const files = left.foreign.join(', ');
      report.note(`unfinished folder ${name} stays: it holds ${files}, which is not of this program`);
    } else if (left.shared.length === 0) {
      const what = unfinished.includes(name)
        ? 'which an earlier run left unfinished'
        : 'of which nothing is needed any more';
      report.note(`removed ${name}, ${what}`);
    }
  }
}

/**
 * Clears a folder of no use, as {@link Series.clear} does. That it cannot be removed is worth a note, and no run ends by it.
 */
export async function tryToClear(
  series: Series,
  name: string,
  snapshots: readonly Snapshot[],
  report: { note(message: string): void },
): Promise<Left | 'failed' | undefined> {
  try {
    return await series.clear(name, snapshots);
  } catch (error) {
    if (!(error instanceof SnapshotError) || error instanceof LockLostError) throw error;
    report.note(`unfinished folder ${name} cannot be removed: ${error.message}; the next run tries again`);
    return 'failed';
  }
}
