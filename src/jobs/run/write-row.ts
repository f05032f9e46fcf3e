// Writing a snapshot of a tree that has changed, and rotating out what it replaces.
import { boltSeries } from '../../series/bolt.ts';
import { newBytesOf } from '../../series/info.ts';
import { LockLostError } from '../../series/lock/lock.ts';
import { inOrder } from '../../series/order.ts';
import { sizeOfSeries } from '../../series/series-size.ts';
import type { Comparison } from '../../tree/compare.ts';
import type { Tree } from '../../tree/scanner.ts';
import { findStored, needRoom } from './find-stored.ts';
import { Healing } from './healing.ts';
import { type Committed, SnapshotMaker } from './make-snapshot.ts';
import { clearUnfinished } from './clear-unfinished.ts';
import { holdBack } from './hold-back.ts';
import { massChange } from './mass-change.ts';
import { type NewNames, newNames } from './new-names.ts';
import type { Previous } from './previous.ts';
import { decideRotation, NO_ROTATION, rotate, showRotation } from './rotate.ts';
import { type RowContext, type RowResult, totalsOf } from './row-context.ts';

/** What {@link write} would do, found out without doing it. */
export async function wouldWrite(
  context: RowContext,
  previous: Previous,
  comparison: Comparison,
  tree: Tree,
): Promise<RowResult> {
  const { snapshot } = await newNames(
    context.series,
    previous.survey,
    context.started,
    context.options.numbers,
  );
  const healing = new Healing(previous, tree.entries);
  const { stored } = await findStored(context, previous, tree);
  await needRoom(context, previous, stored, tree);
  const wanted = stored.wanted().filter((i) => !stored.find(i));
  const newBytes = wanted.reduce((sum, i) => sum + tree.entries.size(i), 0);
  const held = await massChange(context, previous, comparison, tree.entries);
  await context.settle();
  context.hold(held);
  const plan = await decideRotation(context, previous.survey, snapshot);
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
      healing.contents((i) => stored.hasOwn(i)),
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
  const names = await newNames(context.series, previous.survey, context.started, context.options.numbers);
  const { snapshot } = names;
  const committed = await makeSnapshot(context, previous, comparison, tree, rotten, names);
  const { info, totals, shared, healed } = committed;
  // Lost since the last look before info.json, the other run may have taken archives away from under it.
  await context.lock?.check();
  previous.damage.share(shared);
  const all = inOrder([...previous.survey.snapshots, { name: snapshot, info }], context.started);
  let rotation = NO_ROTATION;
  let left = all;
  try {
    rotation = await rotate(context, previous.survey, previous.damage, all, snapshot);
    const gone = new Set(rotation.removed.map((step) => step.snapshot));
    left = all.filter(({ name }) => !gone.has(name));
    if (rotation.cut !== undefined) throw rotation.cut;
    // What the snapshot took from an unfinished folder may lie there still; what rotation let go may have needed others.
    await clearUnfinished(context, { ...previous.survey, snapshots: left });
  } catch (error) {
    if (!(error instanceof LockLostError)) throw error;
    context.report.note(`the snapshot is written; nothing more was done: ${error.message}`);
  }
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
  names: NewNames,
): Promise<Committed & { healed: number }> {
  const { series, report } = context;
  const { snapshot, archiveDate } = names;
  const healing = new Healing(previous, tree.entries);
  const maker = await SnapshotMaker.begin(context, previous, comparison, tree, names);
  try {
    await boltSeries(series);
    const packed = await maker.pack(rotten);
    context.name([...packed.problems, ...healing.rotten()]);
    const held = await massChange(context, previous, comparison, tree.entries);
    await context.settle();
    await holdBack(context, held, snapshot);
    const committed = await maker.commit(packed, [...held.map(({ guard }) => guard), ...context.overruled]);
    return { ...committed, healed: healing.count((i) => maker.isSound(i)) };
  } catch (error) {
    await maker.discard();
    // It is another run's to clear up, and may be in use there already.
    context.lock?.signal.throwIfAborted();
    // What made it fail is what gets reported; the next run removes what cannot be removed now.
    const finished = await series.finished(snapshot, archiveDate).catch(() => []);
    if (finished.length === 0) await series.remove(snapshot, previous.survey.snapshots).catch(() => {});
    else report.note(`archives that are finished stay for the next run: ${finished.join(', ')}`);
    throw error;
  }
}
