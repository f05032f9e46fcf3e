// What one destination of a series lacks may be at another.
import { isAway, isDenied, SnapshotError } from '../../base/errors.ts';
import type { Series, Snapshot, Survey } from '../../series/series.ts';
import { WrappedStore } from '../../store/wrap/wrapped-store.ts';
import { chooseSnapshot } from '../address.ts';
import { OtherCopies } from './other-copies.ts';
import type { Elsewhere } from './restore-files.ts';
import type { Wanted } from './wanted.ts';

/** The snapshot that is meant is not at this destination. */
class NotThereError extends SnapshotError {}

export function isNotThere(error: SnapshotError): boolean {
  return error instanceof NotThereError;
}

/** Whether another destination may have what this one lacks. */
export function isOfPlace(error: SnapshotError): boolean {
  return error.code === 'E_DAMAGED' || isAway(error) || isDenied(error) || isNotThere(error);
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

/** One of several: where nobody answers, it has nothing, and is not asked again; the restore goes on. */
class SpareStore extends WrappedStore {
  #away: SnapshotError | undefined;

  override async readRange(...asked: Parameters<WrappedStore['readRange']>): Promise<Buffer> {
    if (this.#away !== undefined) throw this.#away;
    try {
      return await super.readRange(...asked);
    } catch (error) {
      if (!(error instanceof SnapshotError) || !isAway(error)) throw error;
      this.#away = new SnapshotError('E_STORE', error.message, { cause: error });
      throw this.#away;
    }
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
    yield { store: new SpareStore(series.store), place: series.place(), copies };
  }
}
