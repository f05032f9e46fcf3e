// Removing the snapshots that `keep` lets go: after a run has written one, or on demand.
import { SnapshotError } from '../../base/errors.ts';
import type { Row } from '../../plan/plan.ts';
import { placeInTime } from '../../series/clocks.ts';
import { lastCopies } from '../../series/damage/losses.ts';
import { holderText } from '../../series/lock/lock-file.ts';
import { LockLostError } from '../../series/lock/lock.ts';
import { findReader } from '../../series/lock/shared-lock.ts';
import { INFO_FILE, snapshotTime } from '../../series/names.ts';
import { claimOf, timeOf } from '../../series/order.ts';
import { readPins } from '../../series/pins.ts';
import { type Dated, planRotation, type RotationPlan } from '../../series/rotation.ts';
import type { Series, Snapshot, Survey } from '../../series/series.ts';
import { thisZone } from '../../series/zone.ts';
import type { RotationStep } from '../events.ts';
import { tryToClear } from './clear-unfinished.ts';
import type { RowDamage } from './row-damage.ts';

export interface Rotation {
  readonly kept: readonly RotationStep[];
  readonly removed: readonly RotationStep[];
  /** Why it was cut short: another run has taken the series over. */
  readonly cut?: LockLostError | undefined;
}

export const NO_ROTATION: Rotation = { kept: [], removed: [] };

/** Whoever rotates: a run, or a prune. */
export interface Rotating {
  readonly row: Pick<Row, 'keep'>;
  readonly series: Series;
  readonly started: Date;
  readonly report: { note(message: string): void };
  /** Undefined as long as nothing may be removed. */
  readonly lock: { check(): Promise<void> } | undefined;
  /** What other destinations of the row lack still: it stays until they have it. */
  readonly lackedElsewhere?: ReadonlySet<string> | undefined;
  /** Whether so many snapshots may be let go. Who says no says why. */
  mayRotate(letGo: number): boolean;
  /** Says why snapshots that were to go stay. @param message - Default: that nothing goes, because of that. */
  holdRotation(why: string, message?: string): void;
}

/**
 * Lets go what the row's `keep` does not keep.
 *
 * @param snapshots - All there are. @param written - The newest of them, when it is new.
 */
export async function rotate(
  context: Rotating,
  survey: Survey,
  damage: Pick<RowDamage, 'hurtContents'>,
  snapshots: readonly Snapshot[],
  written: string | undefined,
): Promise<Rotation> {
  const { series, report } = context;
  const plan = await judge(context, survey, damage, snapshots, written);
  if (plan === undefined) return NO_ROTATION;
  if (plan.remove.length > 0 && (await series.mayNeedOthers({ ...survey, snapshots }))) {
    context.holdRotation('a damaged snapshot may need archives of the others');
    return NO_ROTATION;
  }
  for (const { snapshot } of plan.keep) {
    // The marker of the new one is the first thing of a run that is to go. What may not go is not marked to go, either.
    if (await series.settle(snapshot.name)) continue;
    if (plan.remove.length > 0)
      report.note(
        `nothing is rotated out, as nothing may be removed in "${series.store.label}": that is left to who may`,
      );
    return NO_ROTATION;
  }
  const { removed, cut } = await applyRotation(context, plan, snapshots);
  const due = plan.remove.filter((one) => !removed.includes(one)).toReversed();
  const kept = [...plan.keep, ...due.map((snapshot) => ({ snapshot, reasons: ['due'] }))];
  if (cut !== undefined && removed.length > 0)
    report.note(`rotated out before the lock was lost: ${removed.map(({ name }) => name).join(', ')}`);
  return { ...showRotation({ keep: kept, remove: removed }), cut };
}

/** What would go; undefined when nothing may. */
export async function judge(
  context: Rotating,
  survey: Survey,
  damage: Pick<RowDamage, 'hurtContents'>,
  snapshots: readonly Snapshot[],
  written: string | undefined,
): Promise<RotationPlan<Dated> | undefined> {
  const decided = await decideRotation(context, survey, written);
  if (!context.mayRotate(decided.remove.length)) return undefined;
  const letGo = decided.remove.map(({ name }) => name);
  if (letGo.length === 0) return decided;
  const held = lastCopies(await damage.hurtContents(snapshots), letGo);
  for (const name of held)
    context.report.note(`${name} stays: it has the last sound copy of what is damaged elsewhere`);
  return withHeld(decided, held, 'last copy');
}

/**
 * What `keep` lets go, but for what is pinned, and what other destinations lack.
 *
 * @param written - The name of the snapshot that a run writes, or would write; undefined when none is.
 */
export async function decideRotation(
  {
    row,
    series,
    started,
    lackedElsewhere = new Set(),
  }: Pick<Rotating, 'row' | 'series' | 'started' | 'lackedElsewhere'>,
  { snapshots }: Pick<Survey, 'snapshots'>,
  written: string | undefined,
): Promise<RotationPlan<Dated>> {
  const claims = [
    ...snapshots.map(claimOf),
    ...(written === undefined ? [] : [snapshotTime(written)?.getTime() ?? started.getTime()]),
  ];
  const placed = placeInTime(claims, started.getTime());
  const zone = thisZone();
  const all = [
    ...snapshots.map(({ name, info }) => ({ name, zone: info.zone })),
    ...(written === undefined ? [] : [{ name: written, zone }]),
  ];
  const plan = planRotation<Dated>(
    all.map((one, i) => ({ ...one, ...timeOf(placed[i]) })),
    row.keep,
    zone,
  );
  const pinned = withHeld(plan, new Set((await readPins(series, plan.remove)).keys()), 'pinned');
  return withHeld(pinned, lackedElsewhere, 'lacked elsewhere');
}

/** What rotation would do: the plan, for people. */
export function showRotation(plan: RotationPlan<Dated>): Rotation {
  return {
    kept: plan.keep.map(({ snapshot, reasons }) => ({ snapshot: snapshot.name, reasons })),
    removed: plan.remove.map(({ name }) => ({ snapshot: name, reasons: [] })),
  };
}

/** `plan`, but that the snapshots `held` stay, for that reason. */
function withHeld(plan: RotationPlan<Dated>, held: ReadonlySet<string>, reason: string): RotationPlan<Dated> {
  if (!plan.remove.some(({ name }) => held.has(name))) return plan;
  const kept = plan.remove.filter(({ name }) => held.has(name)).toReversed();
  return {
    keep: [...plan.keep, ...kept.map((snapshot) => ({ snapshot, reasons: [reason] }))],
    remove: plan.remove.filter(({ name }) => !held.has(name)),
  };
}

/**
 * Removes what `plan` lets go, the oldest first, as long as nobody reads the series. One that cannot be removed stays,
 * and the others go.
 *
 * @param snapshots - All there are: archives of those that go may be shared by those that stay.
 * @returns Those that went, also when the lock was lost meanwhile.
 */
async function applyRotation(
  context: Rotating,
  plan: RotationPlan<Dated>,
  snapshots: readonly Snapshot[],
): Promise<{ readonly removed: readonly Dated[]; readonly cut: LockLostError | undefined }> {
  const { series, report, lock } = context;
  let left = snapshots;
  const removed: Dated[] = [];
  const needed: string[] = [];
  try {
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
      const others = left.filter((snapshot) => snapshot.name !== name);
      try {
        const { foreign, shared } = await series.remove(name, others);
        if (shared.length > 0) needed.push(name);
        if (foreign.length > 0)
          report.note(`folder ${name} stays: it holds ${foreign.join(', ')}, which is not of this program`);
      } catch (error) {
        if (!(error instanceof SnapshotError) || error instanceof LockLostError) throw error;
        const isThere = await isStillThere(series, name);
        const why = `${name} cannot be removed${isThere ? '' : ' as a whole'}: ${error.message}`;
        context.holdRotation(why, `${why}; the next rotation tries again`);
        if (isThere) continue;
      }
      left = others;
      removed.push(dated);
    }
    // By one that went after it, perhaps.
    for (const name of needed) await tryToClear(series, name, left, report);
  } catch (error) {
    if (!(error instanceof LockLostError)) throw error;
    return { removed, cut: error };
  }
  return { removed, cut: undefined };
}

/** Whether it is a snapshot still; when nobody can tell, it counts as one, and what it needs stays. */
async function isStillThere(series: Series, snapshot: string): Promise<boolean> {
  try {
    return (await series.store.list(series.key(snapshot))).some(({ name }) => name === INFO_FILE);
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return true;
  }
}
