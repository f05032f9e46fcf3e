// Writing a snapshot of a tree that has changed, and rotating out what it replaces.
import { guardMassChange, type Held } from '../../snapshot/guards.ts';
import { newBytesOf } from '../../snapshot/info.ts';
import { nextSnapshotName, snapshotTime } from '../../snapshot/names.ts';
import { type Dated, planRotation, type RotationPlan } from '../../snapshot/rotation.ts';
import { lastCopies } from '../../snapshot/losses.ts';
import type { Snapshot, Survey } from '../../snapshot/series.ts';
import { sizeOfSeries } from '../../snapshot/series-size.ts';
import type { Comparison } from '../../tree/compare.ts';
import type { Tree } from '../../tree/scanner.ts';
import { findStored, needRoom } from './find-stored.ts';
import { Healing } from './healing.ts';
import { type Committed, SnapshotMaker } from './make-snapshot.ts';
import { clearUnfinished } from './clear-unfinished.ts';
import { holdBack } from './hold-back.ts';
import type { Previous } from './previous.ts';
import { applyRotation, type Rotation, showRotation, withHeld } from './rotate.ts';
import { type RowContext, type RowResult, totalsOf } from './row-context.ts';

const NO_ROTATION: Rotation = { kept: [], removed: [] };

/** What {@link write} would do, found out without doing it. */
export async function wouldWrite(
  context: RowContext,
  previous: Previous,
  comparison: Comparison,
  tree: Tree,
): Promise<RowResult> {
  const snapshot = nextName(context, previous);
  const healing = new Healing(previous, tree.entries);
  const { stored } = await findStored(context, previous, tree);
  await needRoom(context, previous, stored, tree);
  const wanted = stored.wanted().filter((i) => !stored.find(i));
  const newBytes = wanted.reduce((sum, i) => sum + tree.entries.size(i), 0);
  await context.hold(massChange(context, previous, comparison));
  const plan = decideRotation(context, previous.survey, dated(context, snapshot));
  const rotation = context.mayRotate(plan.remove.length) ? showRotation(plan) : NO_ROTATION;
  const totals = totalsOf(tree.entries);
  return context.result({
    outcome: 'written',
    snapshot,
    change: comparison.count(),
    totals,
    newBytes,
    rotation,
    series: undefined,
    damage: await previous.damage.end(
      previous.survey.snapshots,
      healing.count((i) => stored.hasOwn(i)),
      true,
    ),
  });
}

/** Writes a snapshot of `tree`, then rotates. @param rotten - Entries whose last good copies are kept. */
export async function write(
  context: RowContext,
  previous: Previous,
  comparison: Comparison,
  tree: Tree,
  rotten: readonly number[],
): Promise<RowResult> {
  const snapshot = nextName(context, previous);
  const { info, totals, shared, healed } = await makeSnapshot(
    context,
    previous,
    comparison,
    tree,
    rotten,
    snapshot,
  );
  previous.damage.share(shared);
  const written: Snapshot = { ...dated(context, snapshot), info };
  // What it took from an unfinished folder may lie there still.
  const all = [...previous.survey.snapshots, written];
  await clearUnfinished(context, { ...previous.survey, snapshots: all });
  const rotation = await rotate(context, previous, written);
  const gone = new Set(rotation.removed.map((step) => step.snapshot));
  const left = all.filter(({ name }) => !gone.has(name));
  const damage = await previous.damage.end(left, healed, true);
  const result = { outcome: 'written', snapshot, change: info.change, totals, rotation, damage } as const;
  return context.result({ ...result, newBytes: newBytesOf(snapshot, info), series: sizeOfSeries(left) });
}

/** Whatever fails here, the snapshots of the series are as they were before. */
async function makeSnapshot(
  context: RowContext,
  previous: Previous,
  comparison: Comparison,
  tree: Tree,
  rotten: readonly number[],
  snapshot: string,
): Promise<Committed & { healed: number }> {
  const { series, report } = context;
  const healing = new Healing(previous, tree.entries);
  const maker = await SnapshotMaker.begin(context, previous, comparison, tree, snapshot);
  try {
    const packed = await maker.pack(rotten);
    context.name([...packed.problems, ...healing.rotten()]);
    await holdBack(context, massChange(context, previous, comparison), snapshot);
    const committed = await maker.commit(packed);
    return { ...committed, healed: healing.count((i) => maker.isSound(i)) };
  } catch (error) {
    await maker.discard();
    // What made it fail is what gets reported; the next run removes what cannot be removed now.
    const finished = await series.finished(snapshot).catch(() => []);
    if (finished.length === 0) await series.remove(snapshot, previous.survey.snapshots).catch(() => {});
    else report.note(`archives that are finished stay for the next run: ${finished.join(', ')}`);
    throw error;
  }
}

/** The guard against mass change; bit rot was found before anything was written. */
function massChange(context: RowContext, { newest }: Previous, comparison: Comparison): readonly Held[] {
  if (context.options.acceptChanges) return [];
  const held = guardMassChange(context.row.name, newest?.info.count.files ?? 0, comparison.filesHit());
  return held === undefined ? [] : [held];
}

async function rotate(
  context: RowContext,
  { survey, damage }: Previous,
  written: Snapshot,
): Promise<Rotation> {
  const { series, report } = context;
  const decided = decideRotation(context, survey, written);
  if (!context.mayRotate(decided.remove.length)) return NO_ROTATION;
  const snapshots = [...survey.snapshots, written];
  const letGo = decided.remove.map(({ name }) => name);
  const held =
    letGo.length === 0 ? new Set<string>() : lastCopies(await damage.hurtContents(snapshots), letGo);
  for (const name of held)
    report.note(`${name} stays: it has the last sound copy of what is damaged elsewhere`);
  const plan = withHeld(decided, held);
  if (survey.damaged.length > 0 && series.sharesByName(snapshots)) {
    report.note('nothing is rotated out, as a damaged snapshot may need archives of the others');
    return NO_ROTATION;
  }
  await applyRotation(series, plan, snapshots, (message) => report.note(message));
  return showRotation(plan);
}

function decideRotation({ row }: RowContext, survey: Survey, written: Dated): RotationPlan<Dated> {
  return planRotation<Dated>([...survey.snapshots, written], row.keep);
}

function dated({ started }: RowContext, snapshot: string): Dated {
  return { name: snapshot, at: snapshotTime(snapshot) ?? started };
}

function nextName({ started }: RowContext, { survey }: Previous): string {
  const taken = [...survey.snapshots, ...survey.damaged].map(({ name }) => name);
  return nextSnapshotName(started, [...taken, ...survey.unfinished, ...survey.foreign]);
}
