// Snapshots that somebody has deleted: a run that begins anew, or goes on from an older one, does not look like any other.
import { SnapshotError } from '../../base/errors.ts';
import { readSinceSuccess } from '../../series/read-runs.ts';
import type { Survey } from '../../series/series.ts';
import { type GoneSnapshot, goneSnapshot, NONE_LEFT } from '../status/lost-archives.ts';
import type { RowContext } from './row-context.ts';

/** Warns when the newest snapshot that a run has made, or all of them, are gone. Far stores are not asked: it costs them a request. */
export async function warnOfGone(context: RowContext, survey: Survey): Promise<void> {
  const gone = await findGone(context, survey);
  if (gone === undefined) return;
  context.report.warn(`${gone.message}; it ${gone.isAll ? 'begins anew' : 'goes on from the one before'}`);
}

async function findGone(
  { series, row, options, report }: RowContext,
  survey: Survey,
): Promise<GoneSnapshot | undefined> {
  if (series.store.files === undefined) return undefined;
  try {
    const gone = goneSnapshot(await readSinceSuccess(series), survey);
    if (gone !== undefined) return gone;
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    report.note(`whether a snapshot is gone is not known: ${error.message}`);
    return undefined;
  }
  // With the folder of the series, its log is gone as well.
  const isEmpty = survey.snapshots.length + survey.damaged.length === 0;
  return isEmpty && options.hadSuccess?.(row) === true ? { isAll: true, message: NONE_LEFT } : undefined;
}
