// What one destination of a series lacks may be at another.
import { SnapshotError } from '../../base/errors.ts';
import type { Series, Snapshot, Survey } from '../../series/series.ts';
import { chooseSnapshot } from '../address.ts';
import { OtherCopies } from './other-copies.ts';
import type { Elsewhere } from './restore-files.ts';
import type { Wanted } from './wanted.ts';

/** The snapshot that is meant is not at this destination. */
class NotThereError extends SnapshotError {}

/** Whether nothing was written yet, and another destination may have what this one lacks. */
export function isOfPlace(error: SnapshotError): boolean {
  return error.code === 'E_DAMAGED' || error.code === 'E_AWAY' || error instanceof NotThereError;
}

/** As {@link chooseSnapshot}, of one destination. */
export function chooseHere(survey: Survey, at: string): Snapshot {
  try {
    return chooseSnapshot(survey, at);
  } catch (error) {
    if (!(error instanceof SnapshotError) || error.code !== 'E_USAGE') throw error;
    const { message, cause, hint } = error;
    throw new NotThereError('E_USAGE', message, { cause, ...(hint !== undefined && { hint }) });
  }
}

/** Where in `places` there is the content of the entries `lost`. @param note - Told of places that cannot be read. */
export async function* copiesIn(
  places: readonly Series[],
  wanted: Wanted,
  lost: readonly number[],
  note: (message: string) => void,
): AsyncGenerator<Elsewhere> {
  for (const series of places) {
    let copies: OtherCopies;
    try {
      const { snapshots } = await series.survey();
      copies = await OtherCopies.find(series, snapshots, wanted, lost, note, true);
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      note(`"${series.place()}", where else it may be, cannot be read: ${error.message}`);
      continue;
    }
    yield { store: series.store, place: series.place(), copies };
  }
}
