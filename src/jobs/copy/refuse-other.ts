import { SnapshotError } from '../../base/errors.ts';
import { isSameMachine, readOwner, type SeriesOwner } from '../../series/owner.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import { forkOf } from './same-series.ts';

/** Another series lies where one was to be brought. */
export class OtherSeriesError extends SnapshotError {
  constructor(from: Series, to: Series, why: string) {
    super('E_USAGE', `"${to.place()}" is not the series that lies in "${from.place()}": ${why}`, {
      hint: 'Nothing was written there. Name another place; or move that series away, and it is brought as a whole.',
    });
  }
}

/** Refuses to mix two series. @throws OtherSeriesError */
export async function refuseOther(
  from: Series,
  here: readonly Snapshot[],
  to: Series,
  there: readonly Snapshot[],
): Promise<void> {
  const fork = forkOf(here, there);
  if (fork !== undefined) throw new OtherSeriesError(from, to, fork);
  const names = new Set(here.map(({ name }) => name));
  if (there.length === 0 || there.some(({ name }) => names.has(name))) return;
  // Nothing in common, as after a long time away: then whose it is tells.
  const [own, other] = await Promise.all([ownerOf(from), ownerOf(to)]);
  if (own === undefined || other === undefined) return;
  const isSameSource = own.source === '' || other.source === '' || own.source === other.source;
  if (isSameSource && isSameMachine(own, other)) return;
  throw new OtherSeriesError(from, to, `it belongs to "${other.source}" on ${other.host}`);
}

/** Nothing where nobody can tell. */
async function ownerOf(series: Series): Promise<SeriesOwner | undefined> {
  try {
    return await readOwner(series);
  } catch (error) {
    if (!(error instanceof SnapshotError) || error.code !== 'E_DAMAGED') throw error;
    return undefined;
  }
}
