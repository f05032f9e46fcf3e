import { SnapshotError } from '../errors.ts';
import type { Series, Snapshot, Survey } from '../snapshot/series.ts';
import type { PreviousCursor } from '../tree/compare.ts';

/** What a run compares with. */
export interface Previous {
  readonly survey: Survey;
  /** The newest whole snapshot whose index can be read; undefined when there is none. */
  readonly newest: Snapshot | undefined;
  /** Its entries, in path order. */
  readonly entries: PreviousCursor;
}

/** A cursor over no entries. */
const NOTHING: PreviousCursor = { peek: () => undefined, skip: () => {}, skipSame: () => false };

/** @param note - Told of snapshots that are damaged, and so are not compared with. */
export async function findPrevious(series: Series, note: (message: string) => void): Promise<Previous> {
  const survey = await series.survey();
  for (const { error } of survey.damaged) note(error.message);
  for (const newest of survey.snapshots.toReversed()) {
    try {
      return { survey, newest, entries: await series.index(newest) };
    } catch (error) {
      if (!(error instanceof SnapshotError) || error.code !== 'E_DAMAGED') throw error;
      note(`${error.message}; comparing with the snapshot before it`);
    }
  }
  return { survey, newest: undefined, entries: NOTHING };
}
