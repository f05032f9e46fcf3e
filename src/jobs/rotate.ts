import type { Dated, RotationPlan } from '../snapshot/rotation.ts';
import type { Series } from '../snapshot/series.ts';
import type { RotationStep } from './events.ts';

export interface Rotation {
  readonly kept: readonly RotationStep[];
  readonly removed: readonly RotationStep[];
}

/** What rotation would do: the plan, for people. */
export function showRotation(plan: RotationPlan<Dated>): Rotation {
  return {
    kept: plan.keep.map(({ snapshot, reasons }) => ({ snapshot: snapshot.name, reasons })),
    removed: plan.remove.map(({ name }) => ({ snapshot: name, reasons: [] })),
  };
}

/**
 * Removes what `plan` lets go, the oldest first.
 *
 * @param note - Told of folders that stay because they hold files that are not ours.
 */
export async function applyRotation(
  series: Series,
  plan: RotationPlan<Dated>,
  note: (message: string) => void,
): Promise<void> {
  for (const { name } of plan.remove) {
    const foreign = await series.remove(name);
    if (foreign.length > 0)
      note(`folder ${name} stays: it holds ${foreign.join(', ')}, which is not of this program`);
  }
}
