import { SnapshotError } from '../base/errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { Series } from '../series/series.ts';
import { findNearest } from './address.ts';
import type { Nearest } from './destinations/nearest.ts';
import { outOfReach } from './reach.ts';
import type { Recall } from './status/memory.ts';

/**
 * The series that a user means, as {@link findNearest} finds it, for what can say nothing without looking into it.
 *
 * @throws {@link SnapshotError} `E_STORE` when it cannot be looked into.
 */
export async function openReachable(
  which: string,
  loadPlan: () => Promise<Plan>,
  recall: Recall,
): Promise<Nearest> {
  const found = await findNearest(which, loadPlan, recall);
  await needReach(found.series, recall);
  return found;
}

/** @throws {@link SnapshotError} `E_STORE` when `series` cannot be looked into: its disk is away. */
export async function needReach(series: Series, recall: Recall): Promise<void> {
  const out = await outOfReach(series, undefined, recall, new Date());
  if (out === undefined) return;
  throw new SnapshotError('E_STORE', `Cannot look into "${series.place()}": ${out.message}`, {
    hint: 'Nothing was looked at. Connect the disk, and try again.',
  });
}
