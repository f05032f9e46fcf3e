// Which series somebody watches: those of the plan, and those that it has no more.
import { SnapshotError } from '../../base/errors.ts';
import { thisStateFolder } from '../../host/state-folder.ts';
import { DEFAULT_EVERY_MS } from '../../plan/every.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Series } from '../../series/series.ts';
import { rowOf } from '../address.ts';
import { seriesOf } from '../store-of.ts';
import { goneFrom } from './gone-series.ts';
import type { Watched } from './known-past.ts';
import { Memory } from './memory.ts';
import { knownSuccesses } from './plan-memory.ts';

/** The active rows of `plan`, in its order, and behind them those that it has no more. @param warn - Told what is not known. */
export async function watchedIn(plan: Plan, warn: (message: string) => void): Promise<readonly Watched[]> {
  const hadSuccess = await knownSuccesses(new Memory(thisStateFolder()), plan.file, warn);
  const active = plan.rows
    .filter((row) => row.active)
    .map((row) => watch(seriesOf(row), row, hadSuccess(row)));
  return [...active, ...(await watchedGone(plan, warn))];
}

/** Each of `all`, as `plan` knows it: by its row, switched off or not, or by one that is gone. @param warn - Told what is not known. */
export async function watchedAs(
  all: readonly Series[],
  plan: Plan,
  warn: (message: string) => void,
): Promise<readonly Watched[]> {
  const known = await withRows(all, plan, warn);
  if (known.every(({ row }) => row !== undefined)) return known;
  const gone = await watchedGone(plan, warn);
  return known.map((one) =>
    one.row === undefined ? (gone.find(({ series }) => series.place() === one.series.place()) ?? one) : one,
  );
}

/** Each of `all`, with the row of `plan` that makes it, if one does. @param warn - Told what is not known. */
export async function withRows(
  all: readonly Series[],
  plan: Plan | undefined,
  warn: (message: string) => void,
): Promise<readonly Watched[]> {
  if (plan === undefined) return all.map(watchedAlone);
  const hadSuccess = await knownSuccesses(new Memory(thisStateFolder()), plan.file, warn);
  return all.map((series) => {
    const row = rowOf(series, plan);
    return row === undefined ? watchedAlone(series) : watch(series, row, hadSuccess(row));
  });
}

/** One that no plan knows of. */
export function watchedAlone(series: Series): Watched {
  return { series, everyMs: DEFAULT_EVERY_MS };
}

/** The series of a row. */
function watch(series: Series, row: Plan['rows'][number], hadSuccess: boolean): Watched {
  return { series, everyMs: row.every, row, hadSuccess };
}

async function watchedGone(plan: Plan, warn: (message: string) => void): Promise<readonly Watched[]> {
  try {
    return (await goneFrom(plan)).map((one) => ({ ...one, everyMs: DEFAULT_EVERY_MS }));
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    warn(`${error.message}; whether a row of the plan is gone is not known`);
    return [];
  }
}
