// Whether a row is to be written.
import { guardBitRot, guardEmptySource, GuardError } from '../../series/guards.ts';
import type { Comparison } from '../../tree/compare.ts';
import type { EntryTable } from '../../tree/entry-table.ts';
import type { Problem } from '../../tree/entry.ts';
import { fromText } from '../../tree/path.ts';
import type { Tree } from '../../tree/scanner.ts';
import { lookAtOthers } from './attributes.ts';
import type { CarriedOver } from './carry-over.ts';
import { needsHealing } from './healing.ts';
import { holdBack } from './hold-back.ts';
import { type RowContext, type Totals, totalsOf } from './row-context.ts';

/**
 * Names what the scan could not see, and holds on where parts of the source are away.
 *
 * @returns How much there is.
 * @throws {@link GuardError} when the source is empty, was not before, and the user does not accept that.
 */
export async function guardEmpty(
  context: RowContext,
  { previous, scanned, held }: CarriedOver,
): Promise<Totals> {
  const { tree } = scanned;
  context.name(tree.problems);
  const totals = totalsOf(tree.entries);
  const before = previous.newest?.info.count.files ?? 0;
  try {
    guardEmptySource(context.row, before, totals.files, false);
  } catch (error) {
    if (!(error instanceof GuardError) || !context.accepts(fromText(''), error)) throw error;
  }
  if (held.length > 0) context.hold(held);
  return totals;
}

/** Whether anything changed, or is to be written again because it is damaged. */
export async function judgeChange(
  context: RowContext,
  { previous, scanned }: CarriedOver,
): Promise<{ readonly isToWrite: boolean; readonly rotten: readonly number[] }> {
  const { tree, comparison } = scanned;
  const isFirstLook = await lookAtOthers(context, previous, scanned);
  const change =
    previous.newest === undefined
      ? { isChanged: true, rotten: [], unread: [] }
      : await look(context, tree, comparison, previous.newest.name);
  const isToWrite = change.isChanged || isFirstLook || needsHealing(previous, tree.entries);
  // When a snapshot is written, packing names them.
  if (context.options.dryRun || !isToWrite) context.name(change.unread);
  return { isToWrite, rotten: change.rotten };
}

/**
 * Whether anything changed; reads files whose content may have, until that is certain.
 *
 * @param newest - The snapshot it is compared with.
 */
async function look(
  context: RowContext,
  { root, entries }: Tree,
  comparison: Comparison,
  newest: string,
): Promise<{ isChanged: boolean; rotten: readonly number[]; unread: readonly Problem[] }> {
  const { pool, signal, dryRun, rehash } = context.options;
  // A dry run tells how much changed, and --rehash is about every file.
  const all = dryRun || rehash;
  if (!all && comparison.isCertain()) return { isChanged: true, rotten: [], unread: [] };
  const unread = comparison.unread();
  if (unread.length === 0) return { isChanged: comparison.isCertain(), rotten: [], unread: [] };
  const { hashFiles } = await import('../../pack/hash-files.ts');
  const bytes = unread.reduce((sum, i) => sum + entries.size(i), 0);
  const progress = context.report.phase('look', unread.length, bytes);
  const enough = all ? undefined : (): boolean => comparison.isCertain();
  const lost = await hashFiles(entries, unread, { root, pool, signal, progress, enough });
  for (const i of lost.unread.keys()) comparison.dismiss(i);
  context.name(lost.problems);
  const rotten = await findRot(context, entries, comparison, lost.reread, newest);
  return { isChanged: comparison.isCertain(), rotten, unread: [...lost.unread.values()] };
}

/** Files that have rotted in the source are no change: their last good copies stay. */
async function findRot(
  context: RowContext,
  entries: EntryTable,
  comparison: Comparison,
  reread: ReadonlySet<number>,
  newest: string,
): Promise<readonly number[]> {
  const rotten = comparison.rotten(reread);
  const reason = 'its content changed although its size, times and inode did not';
  context.name(rotten.map((i) => ({ path: entries.path(i), kind: 'rot', reason })));
  if (rotten.length === 0) return [];
  const held = guardBitRot(context.row.name, rotten.length);
  if (context.accepts(undefined, held)) return [];
  for (const i of rotten) comparison.dismiss(i);
  await holdBack(context, [held], newest);
  return rotten;
}
