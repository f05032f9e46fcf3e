// The way of a row, from its source to a snapshot, or to the finding that nothing changed: open, scan, compare, guard,
// (unchanged?), then reuse, pack, guard, commit and rotate, which `write-row.ts` goes on with.
import type { Row } from '../../plan/plan.ts';
import { needOwnKey } from '../../series/crypt/identities.ts';
import { sizeOfSeries } from '../../series/series-size.ts';
import type { Series } from '../../series/series.ts';
import { alone, begin } from './alone.ts';
import { type CarriedOver, carryOver } from './carry-over.ts';
import { clearUnfinished } from './clear-unfinished.ts';
import { guardEmpty, judgeChange } from './judge-change.ts';
import { openPrevious } from './previous.ts';
import type { RowContext, RowOptions, RowResult, Totals } from './row-context.ts';
import type { RowReporter } from './row-reporter.ts';
import { refuseRenamed } from './renamed.ts';
import { RowScan } from './row-scan.ts';

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
  const begun = begin(row, series, options, report);
  const { context } = begun;
  // Begun before all else: it takes longest, in a thread of its own. A source that is not there is refused
  // here, before the lock would make a folder for its series.
  const scan = new RowScan(row, (await options.places?.apartFrom(row)) ?? [], context.options.signal, report);
  try {
    await refuseRenamed(context);
    return await alone(begun, async () => await backUp(context, scan));
  } finally {
    begun.ending.abort();
  }
}

async function backUp(context: RowContext, scan: RowScan): Promise<RowResult> {
  await context.readKnown();
  const opened = await openPrevious(context);
  const compared = await carryOver(context, opened, await scan.compareWith(opened, context.options.rehash));
  const totals = await guardEmpty(context, compared);
  const change = await judgeChange(context, compared);
  if (!change.isToWrite) return await leaveAsItIs(context, compared, totals);
  await needOwnKey(context.row.encrypt);
  // Loaded when it is needed: most nights nothing is written.
  const { wouldWrite, write } = await import('./write-row.ts');
  const { previous, scanned } = compared;
  return context.options.dryRun
    ? await wouldWrite(context, previous, scanned.comparison, scanned.tree)
    : await write(context, previous, scanned.comparison, scanned.tree, change.rotten);
}

/** Nothing is written, and what an earlier run left unfinished goes. */
async function leaveAsItIs(
  context: RowContext,
  { previous }: CarriedOver,
  totals: Totals,
): Promise<RowResult> {
  const { survey, newest, damage } = previous;
  const { dryRun } = context.options;
  await context.settle();
  context.hold([]);
  if (!dryRun) await clearUnfinished(context, survey);
  return context.result({
    outcome: 'unchanged',
    snapshot: newest?.name ?? null,
    totals,
    change: { added: 0, modified: 0, removed: 0 },
    newBytes: 0,
    rotation: { kept: [], removed: [] },
    series: dryRun ? undefined : sizeOfSeries(survey.snapshots),
    damage: await damage.end(survey.snapshots, 0, false),
  });
}
