import { EXIT_STATUS, gravestStatus, SnapshotError } from '../../base/errors.ts';
import { missingCalls } from '../../base/system-calls.ts';
import { WorkerPool } from '../../pack/pool.ts';
import type { Plan, Row } from '../../plan/plan.ts';
import { rowLabel } from '../../plan/row-label.ts';
import { together, type Together } from '../../plan/together.ts';
import { openStore } from '../../store/open-store.ts';
import { RateLimit } from '../../store/wrap/rate-limit.ts';
import type { RowEnd } from '../events.ts';
import { AtDestination } from './at-destination.ts';
import { AFTER_STATUS, afterRow, beforeRow } from './row-hooks.ts';
import { RowReporter } from './row-reporter.ts';
import { rowsToRun } from './rows-to-run.ts';
import type { RunOptions, Settled } from './run-options.ts';
import { SeriesPlaces } from './series-places.ts';

export type { RunOptions } from './run-options.ts';

/**
 * Runs every active row of `plan`: hashes each source, compares it with the last snapshot, writes a new one
 * only when something changed, then rotates out the oldest. A row that fails does not stop the others.
 *
 * @returns How each row ended, in the order of the plan; rows that `notNow` held back are not among them.
 * @throws {@link SnapshotError} `E_USAGE` when `only` names a row that is not there, or it is not clear whose paths
 *   are accepted; nothing was done then.
 */
export async function run(plan: Plan, given: RunOptions): Promise<readonly RowEnd[]> {
  const active = plan.rows.filter((row) => row.active);
  const labels = (row: Row): string => rowLabel(row, active);
  const options = { ...given, open: limited(given), places: new SeriesPlaces(plan.rows), labels };
  const chosen = rowsToRun(plan, options);
  const [path] = options.acceptPaths ?? [];
  if (path !== undefined && together(chosen).length > 1) {
    throw new SnapshotError('E_USAGE', `--accept-changes=${path}: which row is that path of?`, {
      hint: 'Name the row with `--only`.',
    });
  }
  const missing = missingCalls();
  const [firstRow] = chosen;
  if (missing !== undefined && firstRow !== undefined)
    new RowReporter(labels(firstRow), given.report).note(missing);
  const rows = together(chosen).entries();
  const pool = new WorkerPool();
  const ends: (readonly RowEnd[])[] = [];
  const work = async (): Promise<void> => {
    // All of them share one iterator: whoever is done takes the next row.
    for (const [i, places] of rows) ends[i] = await endsOf(places, pool, options);
  };
  try {
    await Promise.all(Array.from({ length: options.jobs }, work));
  } finally {
    await pool.close();
  }
  return ends.flat();
}

/** Runs one row, at all its destinations. Whatever is thrown on the way is how it ended. @returns Nothing when it was held back. */
async function endsOf(rows: Together<Row>, pool: WorkerPool, options: Settled): Promise<readonly RowEnd[]> {
  const [first, ...others] = rows;
  const place = new AtDestination(first, options);
  try {
    const reason = await options.notNow?.();
    if (reason !== undefined) {
      place.reporter.note(`not run: ${reason}`);
      return [];
    }
  } catch (error) {
    place.fail(error);
    return [await place.finish()];
  }
  // What only looks does not stop databases.
  const hooked = options.dryRun ? { ...first, before: '', after: '' } : first;
  try {
    if (!(await beforeRow(hooked, options.signal))) {
      place.reporter.note('not run: the command before it ended with 75');
      return [];
    }
  } catch (error) {
    // Where its log can be reached, that is in it.
    if (await place.reach()) place.fail(error);
    return [await place.finish()];
  }
  if (others.length > 0) {
    const { runTogether } = await import('../destinations/run-together.ts');
    const ends = await runTogether(rows, pool, options);
    const wrong = await afterRow(hooked, runStatus(ends), options.signal);
    if (wrong === undefined) return ends;
    place.reporter.warn(wrong.message);
    return ends.map((end) => ({ ...end, status: gravestStatus([end.status, AFTER_STATUS]) }));
  }
  if (await place.reach()) await place.run(pool);
  const wrong = await afterRow(hooked, place.end?.status ?? EXIT_STATUS.E_STOPPED, options.signal);
  if (wrong !== undefined) place.alsoFailed(wrong);
  return [await place.finish()];
}

/** The one exit status for a run whose rows ended like this. */
export function runStatus(ends: readonly RowEnd[]): number {
  return gravestStatus(ends.map(({ status }) => status));
}

/** Opens stores that share one limit. */
function limited({ open = openStore, bytesPerSecond, signal }: RunOptions): typeof openStore {
  const limit = bytesPerSecond === undefined ? undefined : new RateLimit(bytesPerSecond, signal);
  return (destination, _, wrap) => open(destination, limit, wrap);
}
