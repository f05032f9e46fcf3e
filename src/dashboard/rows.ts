// The rows of the plan, as pages name them.
import { createHash } from 'node:crypto';
import { addressKind } from '../base/address.ts';
import { Refusal } from '../serve/refusal.ts';
import type { Watched } from '../jobs/status/known-past.ts';
import { watchedIn } from '../jobs/status/watched.ts';
import { loadPlan, type Plan } from '../plan/plan.ts';
import { seriesWord } from '../series/guards.ts';

/** A row, or a series that no row makes any more. */
export interface PageRow extends Watched {
  /** The same as long as it writes to the same place, whatever becomes of the plan. */
  readonly id: string;
  /** How a command names it, as one word of a shell. */
  readonly word: string;
  /** Where it is called when something is run: with all its destinations. Undefined: no row makes it. */
  readonly name: string | undefined;
}

export interface PageRows {
  readonly plan: Plan;
  readonly rows: readonly PageRow[];
}

/** Reads the plan, as it is now. @throws {@link SnapshotError} `E_PLAN`, `E_USAGE`. */
export async function readRows(file: string, warn: (message: string) => void): Promise<PageRows> {
  const plan = await loadPlan(file);
  const watched = await watchedIn(plan, warn);
  const rows = watched.map((one) => {
    const { series, row } = one;
    const isOnly = watched.filter((other) => other.series.title === series.title).length === 1;
    const id = createHash('sha256')
      .update(`${series.store.label}\0${series.name}`)
      .digest('hex')
      .slice(0, 12);
    return { ...one, id, word: seriesWord(isOnly ? series.title : series.home), name: row?.name };
  });
  return { plan, rows };
}

/** Does `work` with the row `id`, and lets go of the stores. @throws {@link Refusal} 404 */
export async function withRow<T>(
  file: string,
  id: string,
  work: (row: PageRow, plan: Plan) => Promise<T>,
): Promise<T> {
  const { plan, rows } = await readRows(file, () => {});
  try {
    const row = rows.find((one) => one.id === id);
    if (row === undefined)
      throw new Refusal(404, 'The plan has no such row any more: go back to the overview');
    return await work(row, plan);
  } finally {
    await closeRows(rows);
  }
}

export async function closeRows(rows: readonly PageRow[]): Promise<void> {
  await Promise.all(rows.map(async ({ series }) => await series.store.close()));
}

/** Folders that belong to series, where nothing is restored to. */
export function localDestinations({ rows }: Plan): readonly string[] {
  return rows.flatMap(({ destination }) => (addressKind(destination) === undefined ? [destination] : []));
}
