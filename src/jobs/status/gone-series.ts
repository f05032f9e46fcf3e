import { SnapshotError } from '../../base/errors.ts';
import { thisStateFolder } from '../../host/state-folder.ts';
import type { Plan } from '../../plan/plan.ts';
import { isAccepted, readAccepted, WHOLE } from '../../series/accepted.ts';
import { Series } from '../../series/series.ts';
import { openStore } from '../../store/open-store.ts';
import { seriesThere } from '../store-of.ts';
import { Memory } from './memory.ts';
import { goneRows, knownName, type KnownRow } from './plan-memory.ts';

/** A series, and the row that made it. */
export interface GoneSeries {
  readonly series: Series;
  readonly gone: KnownRow;
}

/**
 * The series of rows that the plan has no more, or whose folder a glob matches no more, as this machine remembers them, and of
 * which nobody has said that this is known.
 *
 * @throws {@link SnapshotError} when what is remembered cannot be read.
 */
export async function goneFrom(plan: Plan): Promise<readonly GoneSeries[]> {
  const found: GoneSeries[] = [];
  for (const gone of await goneRows(new Memory(thisStateFolder()), plan)) {
    const series = await seriesThere(gone.destination, knownName(gone)).catch((error: unknown) => {
      if (!(error instanceof SnapshotError)) throw error;
      // What cannot be looked into says so itself.
      return new Series(openStore(gone.destination), knownName(gone));
    });
    if (!isAccepted(await readAccepted(series).catch(() => []), WHOLE)) found.push({ series, gone });
  }
  return found;
}
