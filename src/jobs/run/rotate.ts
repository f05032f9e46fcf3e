import type { Dated, RotationPlan } from '../../series/rotation.ts';
import { holderText } from '../../series/lock/lock-file.ts';
import type { Snapshot } from '../../series/series.ts';
import { findReader } from '../../series/lock/shared-lock.ts';
import type { RotationStep } from '../events.ts';
import type { RowContext } from './row-context.ts';

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
 * Removes what `plan` lets go, the oldest first, as long as nobody reads the series.
 *
 * @param snapshots - All there are: archives of those that go may be shared by those that stay.
 * @returns Those that went.
 * @throws {@link SnapshotError} `E_LOCKED` when the lock was lost.
 */
export async function applyRotation(
  { series, report, lock }: RowContext,
  plan: RotationPlan<Dated>,
  snapshots: readonly Snapshot[],
): Promise<readonly Dated[]> {
  let left = snapshots;
  const removed: Dated[] = [];
  const needed: string[] = [];
  for (const dated of plan.remove) {
    const { name } = dated;
    await lock?.check();
    const reader = await findReader(series);
    if (reader !== undefined) {
      report.note(
        `nothing more is rotated out, as ${holderText(reader)}, reads the series; the next run does it`,
      );
      break;
    }
    left = left.filter((snapshot) => snapshot.name !== name);
    const { foreign, shared } = await series.remove(name, left);
    removed.push(dated);
    if (shared.length > 0) needed.push(name);
    if (foreign.length > 0)
      report.note(`folder ${name} stays: it holds ${foreign.join(', ')}, which is not of this program`);
  }
  // By one that went after it, perhaps.
  for (const name of needed) await series.clear(name, left);
  return removed;
}
