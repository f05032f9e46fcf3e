// The series that a command of upkeep is about: it must be there, as nothing is to be written where its disk is not.
import { SnapshotError } from '../../base/errors.ts';
import { loadPlan, type Plan, type Row } from '../../plan/plan.ts';
import { DEFAULT_EVERY_MS } from '../../plan/every.ts';
import type { Series } from '../../series/series.ts';
import { findEach, findSeries, rowOf } from '../address.ts';
import { findAway } from '../run/away.ts';
import { refusePlain } from '../refuse-plain.ts';
import type { Recall } from '../status/memory.ts';

/** A series, and the row of the plan that makes it, where there is one. */
export interface There {
  readonly series: Series;
  readonly row: Row | undefined;
}

/**
 * The series that `which` names, as `findSeries` does.
 *
 * @param file - The plan; where the series is named by its folder, it need not be there.
 * @throws {@link SnapshotError} `E_USAGE` when there is none, or nothing was written to it yet; `E_STORE` when its disk is away.
 */
export async function findThere(which: string, file: string, recall: Recall, now: Date): Promise<There> {
  let plan: Plan | undefined;
  const series = await findSeries(which, async () => (plan = await loadPlan(file)), recall);
  plan ??= await loadPlan(file).catch((error: unknown) => {
    if (!(error instanceof SnapshotError)) throw error;
    return undefined;
  });
  refusePlain(series);
  const row = plan && rowOf(series, plan);
  await refuseAway(series, row, recall, now);
  return { series, row };
}

/** As {@link findThere}: of a row with several destinations, each, found when its turn comes. What is wrong is thrown then. */
export async function findEachThere(
  which: string,
  file: string,
  recall: Recall,
  now: Date,
): Promise<readonly (() => Promise<There>)[]> {
  const one = async (): Promise<There> => await findThere(which, file, recall, now);
  try {
    let plan: Plan | undefined;
    const all = await findEach(which, async () => (plan = await loadPlan(file)), recall);
    const known = plan;
    if (all.length === 1 || known === undefined) return [one];
    return all.map((series) => async () => {
      refusePlain(series);
      const row = rowOf(series, known);
      await refuseAway(series, row, recall, now);
      return { series, row };
    });
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return [one];
  }
}

/** @throws {@link SnapshotError} when there is nothing of the series, or its disk is away. */
export async function refuseAway(
  series: Series,
  row: Row | undefined,
  recall: Recall,
  now: Date,
): Promise<void> {
  const known = await recall(series.store.label);
  const away = await findAway(series, row?.every ?? DEFAULT_EVERY_MS, known, now);
  if (away !== undefined) {
    const hint = 'Connect its disk; nothing was done.';
    throw new SnapshotError('E_STORE', `Series "${series.place()}" is not there: ${away.message}`, { hint });
  }
  if ((await series.store.list(series.name)).length > 0) return;
  const hint = 'The first run makes it. Is its disk connected?';
  throw new SnapshotError('E_USAGE', `There is no series "${series.place()}"`, { hint });
}
