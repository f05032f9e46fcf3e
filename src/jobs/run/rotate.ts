import type { Dated, RotationPlan } from '../../snapshot/rotation.ts';
import type { Series, Snapshot } from '../../snapshot/series.ts';
import type { RotationStep } from '../events.ts';

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

/** `plan`, but that the snapshots `held` stay: they have the last copy of something. */
export function withHeld(plan: RotationPlan<Dated>, held: ReadonlySet<string>): RotationPlan<Dated> {
  if (held.size === 0) return plan;
  const kept = plan.remove.filter(({ name }) => held.has(name)).toReversed();
  return {
    keep: [...plan.keep, ...kept.map((snapshot) => ({ snapshot, reasons: ['last copy'] }))],
    remove: plan.remove.filter(({ name }) => !held.has(name)),
  };
}

/**
 * Removes what `plan` lets go, the oldest first.
 *
 * @param snapshots - All there are: archives of those that go may be shared by those that stay.
 * @param note - Told of folders that stay because they hold files that are not ours.
 */
export async function applyRotation(
  series: Series,
  plan: RotationPlan<Dated>,
  snapshots: readonly Snapshot[],
  note: (message: string) => void,
): Promise<void> {
  let left = snapshots;
  for (const { name } of plan.remove) {
    left = left.filter((snapshot) => snapshot.name !== name);
    const { foreign } = await series.remove(name, left);
    if (foreign.length > 0)
      note(`folder ${name} stays: it holds ${foreign.join(', ')}, which is not of this program`);
  }
}
