// Which series somebody watches: those of the plan, and those that it has no more.
import { SnapshotError } from '../../base/errors.ts';
import { thisStateFolder } from '../../host/state-folder.ts';
import { DEFAULT_EVERY_MS } from '../../plan/every.ts';
import type { Plan } from '../../plan/plan.ts';
import { isAccepted, readAccepted, WHOLE } from '../../series/accepted.ts';
import { Series } from '../../series/series.ts';
import { openStore } from '../../store/open-store.ts';
import { rowOf } from '../address.ts';
import { seriesOf, seriesThere } from '../store-of.ts';
import type { Watched } from './known-past.ts';
import { Memory } from './memory.ts';
import { goneRows, knownName, knownSuccesses } from './plan-memory.ts';

/** The active rows of `plan`, in its order, and behind them what {@link goneFrom} finds. @param warn - Told what is not known. */
export async function watchedIn(plan: Plan, warn: (message: string) => void): Promise<readonly Watched[]> {
  const hadSuccess = await knownSuccesses(new Memory(thisStateFolder()), plan.file, warn);
  const active = plan.rows.filter((row) => row.active).map((row) => watch(row, hadSuccess(row)));
  return [...active, ...(await goneFrom(plan, warn))];
}

/** The series of a row. */
function watch(row: Plan['rows'][number], hadSuccess: boolean): Watched {
  return { series: seriesOf(row), everyMs: row.every, row, hadSuccess };
}

/** What `plan` knows of `series`, switched off or not; undefined when it is no row's, nor was. @param warn - Told what is not known. */
export async function watchedAs(
  series: Series,
  plan: Plan,
  warn: (message: string) => void,
): Promise<Watched | undefined> {
  const row = rowOf(series, plan);
  if (row === undefined) {
    const gone = await goneFrom(plan, warn);
    return gone.find((one) => one.series.place() === series.place());
  }
  return watch(row, (await knownSuccesses(new Memory(thisStateFolder()), plan.file, warn))(row));
}

/** Series of rows that the plan has not any more, and of which nobody has said that this is known. */
async function goneFrom(plan: Plan, warn: (message: string) => void): Promise<readonly Watched[]> {
  try {
    const watched: Watched[] = [];
    for (const gone of await goneRows(new Memory(thisStateFolder()), plan)) {
      const series = await seriesThere(gone.destination, knownName(gone)).catch((error: unknown) => {
        if (!(error instanceof SnapshotError)) throw error;
        // What cannot be looked into says so itself.
        return new Series(openStore(gone.destination), knownName(gone));
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
