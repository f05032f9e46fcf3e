// Writing a snapshot of a tree that has changed, and rotating out what it replaces.
import { type Info, newBytesOf } from '../../snapshot/info.ts';
import { nextSnapshotName, snapshotTime } from '../../snapshot/names.ts';
import { type Dated, planRotation, type RotationPlan } from '../../snapshot/rotation.ts';
import type { Snapshot, Survey } from '../../snapshot/series.ts';
import { sizeOfSeries } from '../../snapshot/series-size.ts';
import type { Comparison } from '../../tree/compare.ts';
import type { Tree } from '../../tree/scanner.ts';
import { findStored, needRoom } from './find-stored.ts';
import { SnapshotMaker } from './make-snapshot.ts';
import { clearUnfinished } from './clear-unfinished.ts';
import { holdBack } from './hold-back.ts';
import { massChange } from './mass-change.ts';
import type { Previous } from './previous.ts';
import { applyRotation, type Rotation, showRotation } from './rotate.ts';
import { type RowContext, type RowResult, type Totals, totalsOf } from './row-context.ts';

const NO_ROTATION: Rotation = { kept: [], removed: [] };

/** What {@link write} would do, found out without doing it. */
export async function wouldWrite(
  context: RowContext,
  previous: Previous,
  comparison: Comparison,
  tree: Tree,
): Promise<RowResult> {
  const snapshot = nextName(context, previous);
  const { stored } = await findStored(context, previous, tree);
  await needRoom(context, previous, stored, tree);
  const wanted = stored.wanted().filter((i) => !stored.find(i));
  const newBytes = wanted.reduce((sum, i) => sum + tree.entries.size(i), 0);
  const held = await massChange(context, previous, comparison, tree.entries);
  await context.settle();
  await context.hold(held);
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
  const { info, totals } = await makeSnapshot(context, previous, comparison, tree, rotten, snapshot);
  const written: Snapshot = { ...dated(context, snapshot), info };
  // What it took from an unfinished folder may lie there still.
  const all = [...previous.survey.snapshots, written];
  await clearUnfinished(context, { ...previous.survey, snapshots: all });
  const rotation = await rotate(context, previous, written);
  const gone = new Set(rotation.removed.map((step) => step.snapshot));
  const left = all.filter(({ name }) => !gone.has(name));
  const result = { outcome: 'written', snapshot, change: info.change, totals, rotation } as const;
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
): Promise<{ info: Info; totals: Totals }> {
  const { series, report } = context;
  const maker = await SnapshotMaker.begin(context, previous, comparison, tree, snapshot);
  try {
    const packed = await maker.pack(rotten);
    context.name(packed.problems);
    const held = await massChange(context, previous, comparison, tree.entries);
    await context.settle();
    await holdBack(context, held, snapshot);
    return await maker.commit(packed, [...held.map(({ guard }) => guard), ...context.overruled]);
  } catch (error) {
    await maker.discard();
    // What made it fail is what gets reported; the next run removes what cannot be removed now.
    const finished = await series.finished(snapshot).catch(() => []);
    if (finished.length === 0) await series.remove(snapshot, previous.survey.snapshots).catch(() => {});
    else report.note(`archives that are finished stay for the next run: ${finished.join(', ')}`);
    throw error;
  }
}

async function rotate(context: RowContext, { survey }: Previous, written: Snapshot): Promise<Rotation> {
  const { series, report } = context;
  const plan = decideRotation(context, survey, written);
  if (!context.mayRotate(plan.remove.length)) return NO_ROTATION;
  const snapshots = [...survey.snapshots, written];
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
