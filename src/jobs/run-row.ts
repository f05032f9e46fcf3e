// One row of a plan: from its source to a snapshot, or to the finding that nothing changed.
import type { Row } from '../plan/plan.ts';
import { guardEmptySource, removeHeld } from '../snapshot/guards.ts';
import { SeriesLock } from '../snapshot/lock.ts';
import type { Comparison } from '../tree/compare.ts';
import type { Tree } from '../tree/scanner.ts';
import { findPrevious, type Previous } from './previous.ts';
import { RowContext, type RowOptions, type RowResult, totalsOf } from './row-context.ts';
import type { RowReporter } from './row-reporter.ts';
import { RowScan } from './row-scan.ts';

/**
 * Backs up one row.
 *
 * @throws {@link SnapshotError} when the row fails; its series then is as it was before.
 */
export async function runRow(row: Row, options: RowOptions, report: RowReporter): Promise<RowResult> {
  const context = new RowContext(row, options, report);
  const scanning = new AbortController();
  // Begun before all else: it takes longest, in a thread of its own. A source that is not there is refused
  // here, before the lock would make a folder for its series.
  const scan = new RowScan(row, AbortSignal.any([options.signal, scanning.signal]), report);
  try {
    const lock = options.dryRun ? undefined : await SeriesLock.acquire(context.series);
    try {
      return await backUp(context, scan);
    } finally {
      await lock?.release();
    }
  } finally {
    scanning.abort();
  }
}

async function backUp(context: RowContext, scan: RowScan): Promise<RowResult> {
  const { source } = context.row;
  const { acceptChanges, dryRun, rehash } = context.options;
  const previous = await openSeries(context);
  const { tree, comparison } = await scan.compareWith(previous, rehash);
  context.name(tree.problems);
  const totals = totalsOf(tree.entries);
  guardEmptySource(source, previous.newest?.info.count.files ?? 0, totals.files, acceptChanges);

  const isChanged = previous.newest === undefined || (await look(context, tree, comparison));
  if (!isChanged) {
    await context.hold([]);
    const nothing = {
      change: { added: 0, modified: 0, removed: 0 },
      newBytes: 0,
      rotation: { kept: [], removed: [] },
    };
    return context.result({
      outcome: 'unchanged',
      snapshot: previous.newest?.name ?? null,
      totals,
      ...nothing,
    });
  }
  // Loaded when it is needed: most nights nothing is written.
  const { wouldWrite, write } = await import('./write-row.ts');
  return dryRun
    ? await wouldWrite(context, previous, comparison, totals)
    : await write(context, previous, comparison, tree);
}

/** Finds what there is to compare with, and clears away what a run that was cut short has left. */
async function openSeries({ series, options, report }: RowContext): Promise<Previous> {
  const previous = await findPrevious(series, (message) => report.note(message));
  if (options.dryRun) return previous;
  for (const name of previous.survey.unfinished) {
    const foreign = await series.remove(name);
    report.note(
      foreign.length === 0
        ? `removed ${name}, which an earlier run left unfinished`
        : `unfinished folder ${name} stays: it holds ${foreign.join(', ')}, which is not of this program`,
    );
  }
  if (options.acceptChanges) await removeHeld(series);
  return previous;
}

/** Whether anything changed; reads files whose content may have, until that is certain. */
async function look(context: RowContext, { root, entries }: Tree, comparison: Comparison): Promise<boolean> {
  const { pool, signal, dryRun, rehash } = context.options;
  // A dry run tells how much changed, and --rehash is about every file.
  const all = dryRun || rehash;
  if (!all && comparison.isCertain()) return true;
  const unread = comparison.unread();
  if (unread.length > 0) {
    const { hashFiles } = await import('../pack/hash-files.ts');
    const bytes = unread.reduce((sum, i) => sum + entries.size(i), 0);
    const progress = context.report.phase('look', unread.length, bytes);
    const enough = all ? undefined : (): boolean => comparison.isCertain();
    const lost = await hashFiles(entries, unread, { root, pool, signal, progress, enough });
    for (const i of lost.keys()) comparison.dismiss(i);
    // When a snapshot is written, packing names them.
    if (dryRun || !comparison.isCertain()) context.name(lost.values());
  }
  return comparison.isCertain();
}
