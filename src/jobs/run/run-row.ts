// One row of a plan: from its source to a snapshot, or to the finding that nothing changed.
import type { Row } from '../../plan/plan.ts';
import { guardBitRot, guardEmptySource, GuardError } from '../../series/guards.ts';
import { SeriesLock } from '../../series/lock/lock.ts';
import type { Series } from '../../series/series.ts';
import { sizeOfSeries } from '../../series/series-size.ts';
import type { Comparison } from '../../tree/compare.ts';
import type { EntryTable } from '../../tree/entry-table.ts';
import type { Problem } from '../../tree/entry.ts';
import { fromText } from '../../tree/path.ts';
import type { Tree } from '../../tree/scanner.ts';
import { holdBack } from './hold-back.ts';
import { carryOver } from './carry-over.ts';
import { clearUnfinished } from './clear-unfinished.ts';
import { needsHealing } from './healing.ts';
import { findPrevious, type Previous } from './previous.ts';
import { RowContext, type RowOptions, type RowResult, totalsOf } from './row-context.ts';
import type { RowReporter } from './row-reporter.ts';
import { RowScan } from './row-scan.ts';
import { adopt, refuseStranger } from './whose.ts';

/**
 * Backs up one row.
 *
 * @throws {@link SnapshotError} when the row fails; its series then is as it was before.
 */
export async function runRow(
  row: Row,
  series: Series,
  options: RowOptions,
  report: RowReporter,
): Promise<RowResult> {
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  const context = new RowContext(row, series, { ...options, signal }, report);
  // Begun before all else: it takes longest, in a thread of its own. A source that is not there is refused
  // here, before the lock would make a folder for its series.
  const apart = (await options.places?.apartFrom(row)) ?? [];
  const scan = new RowScan(row, apart, signal, report);
  try {
    const { machine } = context;
    // Not even a lock is written into a series that is another's.
    if (options.adopt !== true) await refuseStranger(series, row, machine);
    if (!options.dryRun) context.lock = await SeriesLock.acquire(series);
    const lock = context.lock;
    lock?.signal.addEventListener('abort', () => ending.abort(lock.signal.reason));
    let isDone = false;
    try {
      // Once more, as another one may have begun the series meanwhile.
      if (options.adopt !== true) await refuseStranger(series, row, machine);
      else await adopt(series, row, machine, options.dryRun, (message) => report.note(message));
      const result = await backUp(context, scan);
      context.tellKnown();
      isDone = true;
      return result;
    } catch (error) {
      // Whatever failed because of that: this is why.
      lock?.signal.throwIfAborted();
      throw error;
    } finally {
      await lock?.release((message) => report.note(message));
      // What was refused, or failed before it wrote anything, leaves no folder that is there for its lock alone.
      if (!isDone && lock !== undefined) await removeIfEmpty(context);
    }
  } finally {
    ending.abort();
  }
}

/** What made the run fail is what gets reported: should this fail too, the empty folder does no harm. */
async function removeIfEmpty({ series }: RowContext): Promise<void> {
  await series.store.removeFolder(series.name).catch(() => {});
}

async function backUp(context: RowContext, scan: RowScan): Promise<RowResult> {
  const { dryRun, rehash } = context.options;
  await context.readKnown();
  const found = await openSeries(context);
  const { previous, scanned, held } = await carryOver(context, found, await scan.compareWith(found, rehash));
  const { tree, comparison } = scanned;
  context.name(tree.problems);
  const totals = totalsOf(tree.entries);
  refuseEmpty(context, previous.newest?.info.count.files ?? 0, totals.files);
  if (held.length > 0) await context.hold(held);

  const change =
    previous.newest === undefined
      ? { isChanged: true, rotten: [], unread: [] }
      : await look(context, tree, comparison, previous.newest.name);
  const isToWrite = change.isChanged || needsHealing(previous, tree.entries);
  // When a snapshot is written, packing names them.
  if (dryRun || !isToWrite) context.name(change.unread);
  if (!isToWrite) {
    await context.settle();
    await context.hold([]);
    if (!dryRun) await clearUnfinished(context, previous.survey);
    return context.result({
      outcome: 'unchanged',
      snapshot: previous.newest?.name ?? null,
      totals,
      change: { added: 0, modified: 0, removed: 0 },
      newBytes: 0,
      rotation: { kept: [], removed: [] },
      series: dryRun ? undefined : sizeOfSeries(previous.survey.snapshots),
      damage: await previous.damage.end(previous.survey.snapshots, 0, false),
    });
  }
  // Loaded when it is needed: most nights nothing is written.
  const { wouldWrite, write } = await import('./write-row.ts');
  return dryRun
    ? await wouldWrite(context, previous, comparison, tree)
    : await write(context, previous, comparison, tree, change.rotten);
}

/** Finds what there is to compare with. */
async function openSeries({ series, options, report, started }: RowContext): Promise<Previous> {
  const { dryRun, acceptChanges: accept } = options;
  const note = (message: string): void => report.note(message);
  return await findPrevious(series, { accept, dryRun, now: started, note });
}

/** @throws {@link GuardError} when the source is empty, was not before, and the user does not accept that. */
function refuseEmpty(context: RowContext, previousFiles: number, files: number): void {
  try {
    guardEmptySource(context.row, previousFiles, files, false);
  } catch (error) {
    if (!(error instanceof GuardError) || !context.accepts(fromText(''), error)) throw error;
  }
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
