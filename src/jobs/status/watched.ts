// Which series somebody watches: those of the plan, and those that it has no more.
import { SnapshotError } from '../../base/errors.ts';
import { thisStateFolder } from '../../host/state-folder.ts';
import { DEFAULT_EVERY_MS } from '../../plan/every.ts';
import type { Plan } from '../../plan/plan.ts';
import { isAccepted, readAccepted, WHOLE } from '../../series/accepted.ts';
import { Series } from '../../series/series.ts';
import { openStore } from '../../store/open-store.ts';
import { seriesOf, seriesThere } from '../store-of.ts';
import type { Watched } from './known-past.ts';
import { Memory } from './memory.ts';
import { goneRows } from './plan-memory.ts';

/** The active rows of `plan`, in its order, and behind them what {@link goneFrom} finds. @param warn - Told what is not known. */
export async function watchedIn(plan: Plan, warn: (message: string) => void): Promise<readonly Watched[]> {
  const active = plan.rows.filter((row) => row.active).map(watch);
  return [...active, ...(await goneFrom(plan, warn))];
}

/** The series of a row. */
export function watch(row: Plan['rows'][number]): Watched {
  return { series: seriesOf(row), everyMs: row.every, row };
}

/** Series of rows that the plan has not any more, and of which nobody has said that this is known. */
async function goneFrom(plan: Plan, warn: (message: string) => void): Promise<readonly Watched[]> {
  try {
    const watched: Watched[] = [];
    for (const gone of await goneRows(new Memory(thisStateFolder()), plan)) {
      const series = await seriesThere(gone.destination, gone.name).catch((error: unknown) => {
        if (!(error instanceof SnapshotError)) throw error;
        // What cannot be looked into says so itself.
        return new Series(openStore(gone.destination), gone.name);
      });
      const accepted = await readAccepted(series).catch(() => []);
      if (!isAccepted(accepted, WHOLE)) watched.push({ series, everyMs: DEFAULT_EVERY_MS, gone });
    }
    return watched;
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    warn(`${error.message}; whether a row of the plan is gone is not known`);
    return [];
  }
}
