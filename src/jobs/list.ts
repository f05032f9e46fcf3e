import { basename, dirname, resolve } from 'node:path';
import { SnapshotError } from '../errors.ts';
import type { Plan } from '../plan/plan.ts';
import { type Info, newBytesOf } from '../snapshot/info.ts';
import { Series } from '../snapshot/series.ts';
import { LocalStore } from '../store/local-store.ts';

export interface ListedSnapshot {
  readonly name: string;
  readonly at: Date;
  readonly info: Info;
  /** Bytes that this snapshot added to the destination: its own archives and its index. */
  readonly newBytes: number;
}

export interface ListedSeries {
  readonly name: string;
  readonly folder: string;
  /** Oldest first. */
  readonly snapshots: readonly ListedSnapshot[];
  readonly unfinished: readonly string[];
  /** What is wrong with each damaged one. */
  readonly damaged: readonly string[];
}

/** What there is in each series. */
export async function list(series: readonly Series[]): Promise<readonly ListedSeries[]> {
  return await Promise.all(
    series.map(async (one) => {
      const { snapshots, unfinished, damaged } = await one.survey();
      return {
        name: one.name,
        folder: one.place(),
        snapshots: snapshots.map((snapshot) => ({
          ...snapshot,
          newBytes: newBytesOf(snapshot.name, snapshot.info),
        })),
        unfinished,
        damaged: damaged.map(({ error }) => error.message),
      };
    }),
  );
}

/** The series of all rows of a plan, each once. */
export function seriesOfPlan(plan: Plan): readonly Series[] {
  return plan.rows.map((row) => new Series(new LocalStore(row.destination), row.name));
}

/**
 * The series that a user means: a name from the plan, or the path of a series' folder.
 *
 * @param loadPlan - Called only when `which` is no path: a new machine has no plan.
 * @throws {@link SnapshotError} `E_USAGE` when there is no such series.
 */
export async function findSeries(which: string, loadPlan: () => Promise<Plan>): Promise<Series> {
  if (/[/\\]/.test(which)) {
    const folder = resolve(which);
    const store = new LocalStore(dirname(folder));
    const known = (await store.list('')).find(({ name, isFolder }) => isFolder && name === basename(folder));
    if (known !== undefined) return new Series(store, known.name);
    throw new SnapshotError('E_USAGE', `There is no folder "${folder}"`);
  }
  const plan = await loadPlan();
  const series = seriesOfPlan(plan).find(({ name }) => name === which);
  if (series !== undefined) return series;
  throw new SnapshotError('E_USAGE', `No row of "${plan.file}" is called \`${which}\``, {
    hint: `There are: ${plan.rows.map(({ name }) => name).join(', ')}. A path with a slash names a series' folder.`,
  });
}
