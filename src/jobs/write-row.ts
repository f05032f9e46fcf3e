// Writing a snapshot of a tree that has changed, and rotating out what it replaces.
import { pack } from '../pack/pack.ts';
import type { Packed } from '../pack/packed.ts';
import { commitSnapshot } from '../snapshot/commit.ts';
import { guardBitRot, guardMassChange, type Held, writeHeld } from '../snapshot/guards.ts';
import type { Info } from '../snapshot/info.ts';
import { archiveName, nextSnapshotName, snapshotTime } from '../snapshot/names.ts';
import { type Dated, planRotation, type RotationPlan } from '../snapshot/rotation.ts';
import type { Comparison } from '../tree/compare.ts';
import type { Tree } from '../tree/scanner.ts';
import type { Previous } from './previous.ts';
import { applyRotation, type Rotation, showRotation } from './rotate.ts';
import { type RowContext, type RowResult, type Totals, totalsOf } from './row-context.ts';
import { indexItems, infoOf } from './row-snapshot.ts';

const NO_ROTATION: Rotation = { kept: [], removed: [] };

/** What {@link write} would do, found out without doing it. */
export async function wouldWrite(
  context: RowContext,
  previous: Previous,
  comparison: Comparison,
  totals: Totals,
): Promise<RowResult> {
  const snapshot = nextName(context, previous);
  await context.hold(guard(context, previous, comparison, new Set()));
  const plan = decideRotation(context, previous, snapshot);
  const rotation = context.mayRotate(plan.remove.length) ? showRotation(plan) : NO_ROTATION;
  const change = comparison.count();
  return context.result({ outcome: 'written', snapshot, change, totals, newBytes: totals.bytes, rotation });
}

/** Writes a snapshot of `tree`, then rotates. */
export async function write(
  context: RowContext,
  previous: Previous,
  comparison: Comparison,
  tree: Tree,
): Promise<RowResult> {
  const snapshot = nextName(context, previous);
  const { info, totals } = await makeSnapshot(context, previous, comparison, tree, snapshot);
  const rotation = await rotate(context, decideRotation(context, previous, snapshot));
  const newBytes = info.archives.reduce((sum, { bytes }) => sum + bytes, info.index.bytes);
  return context.result({ outcome: 'written', snapshot, change: info.change, totals, newBytes, rotation });
}

/** Whatever fails here, the series is as it was before. */
async function makeSnapshot(
  context: RowContext,
  previous: Previous,
  comparison: Comparison,
  tree: Tree,
  snapshot: string,
): Promise<{ info: Info; totals: Totals }> {
  const { series, options, row, started } = context;
  const { entries } = tree;
  try {
    const packed = await packTree(context, tree, snapshot);
    context.name(packed.problems);
    for (const i of packed.lost) comparison.dismiss(i);
    await holdBack(context, guard(context, previous, comparison, packed.reread), snapshot);
    const info = await infoOf(entries, packed, {
      row,
      started,
      finished: options.now(),
      change: comparison.count(),
      previous: previous.newest?.name ?? null,
      problems: context.problems,
    });
    options.signal.throwIfAborted();
    const whole = await commitSnapshot(series, snapshot, info, indexItems(entries, packed));
    return { info: whole, totals: totalsOf(entries, packed.lost) };
  } catch (error) {
    // What made it fail is what gets reported; the next run removes what cannot be removed now.
    await series.remove(snapshot).catch(() => {});
    throw error;
  }
}

async function packTree(
  { row, series, options, report }: RowContext,
  tree: Tree,
  snapshot: string,
): Promise<Packed> {
  const { files, bytes } = totalsOf(tree.entries);
  return await pack(tree.entries, {
    root: tree.root,
    format: row.format,
    pool: options.pool,
    signal: options.signal,
    progress: report.phase('pack', files, bytes),
    create: async (n) => {
      const file = archiveName(row.name, snapshot, n, row.format);
      return { file, writer: await series.store.create(series.key(snapshot, file)) };
    },
  });
}

/** Guards that what changed sets off; bit rot is named file by file as well. */
function guard(
  context: RowContext,
  { newest }: Previous,
  comparison: Comparison,
  reread: ReadonlySet<number>,
): readonly Held[] {
  const rotten = comparison.rotten(reread);
  context.name(rotten);
  if (context.options.acceptChanges) return [];
  const massChange = guardMassChange(newest?.info.count.files ?? 0, comparison.filesHit());
  return [massChange, guardBitRot(rotten.length)].filter((held) => held !== undefined);
}

/** Remembers what is held back, before there is a snapshot that would be rotated for. */
async function holdBack(context: RowContext, found: readonly Held[], snapshot: string): Promise<void> {
  const [first] = found;
  if (first !== undefined) {
    const { guard: name, message } = first;
    await writeHeld(context.series, { since: context.started.toISOString(), guard: name, snapshot, message });
  }
  await context.hold(found);
}

async function rotate(context: RowContext, plan: RotationPlan<Dated>): Promise<Rotation> {
  if (!context.mayRotate(plan.remove.length)) return NO_ROTATION;
  await applyRotation(context.series, plan, (message) => context.report.note(message));
  return showRotation(plan);
}

function decideRotation(
  { row, started }: RowContext,
  { survey }: Previous,
  snapshot: string,
): RotationPlan<Dated> {
  const written = { name: snapshot, at: snapshotTime(snapshot) ?? started };
  return planRotation<Dated>([...survey.snapshots, written], row.keep);
}

function nextName({ started }: RowContext, { survey }: Previous): string {
  const taken = [...survey.snapshots, ...survey.damaged].map(({ name }) => name);
  return nextSnapshotName(started, [...taken, ...survey.unfinished]);
}
