import { EXIT_STATUS, gravestStatus, printable } from '../../base/errors.ts';
import { findAll } from '../../jobs/address.ts';
import { list, type ListedSeries } from '../../jobs/look/list.ts';
import { type MirrorSummary, summaryOf } from '../../jobs/mirror/summary.ts';
import { withRows } from '../../jobs/status/watched.ts';
import { PairSeries } from '../../jobs/sync/pair-series.ts';
import { pairSummary, type PairSummary } from '../../jobs/sync/pair-summary.ts';
import { orFailure, type SeriesFailure } from '../../jobs/or-failure.ts';
import { loadPlan, type Plan } from '../../plan/plan.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { formatBytes, formatCountOf } from '../../base/amounts.ts';
import { failureEvent, showFailure } from '../views/series-failure.ts';
import { listTable } from '../views/list-table.ts';
import { mirrorJson, mirrorLine } from '../views/mirror-line.ts';
import { pairJson, pairLine } from '../views/pair-line.ts';
import { seriesHead } from '../views/series-head.ts';
import { recallFor } from '../state.ts';
import type { Terminal } from '../terminal.ts';

export async function listCommand(
  options: CommonOptions & { readonly series: string | undefined },
  terminal: Terminal,
): Promise<number> {
  let plan: Plan | undefined;
  const load = async (): Promise<Plan> => (plan = await loadPlan(options.plan));
  const recall = recallFor(terminal);
  const all = await findAll(options.series, load, recall);
  const now = new Date();
  const watched = await withRows(all, plan, (message) => terminal.err(`warning: ${message}`));
  const found = await Promise.all(
    watched.map(
      async (one) =>
        await orFailure(one.series, watched.length > 1, async () => {
          const { series } = one;
          if (series instanceof PairSeries) return await pairSummary(series);
          return series.isMirror ? await summaryOf(series) : await list(one, recall, now);
        }),
    ),
  );
  const status = gravestStatus(found.map(statusOf));
  if (options.json) {
    for (const one of found) {
      if ('error' in one) terminal.out(JSON.stringify(failureEvent(one)));
      else if ('versions' in one) terminal.out(JSON.stringify(mirrorJson(one)));
      else if ('sides' in one) terminal.out(JSON.stringify(pairJson(one)));
      else showJson(one, terminal);
    }
    terminal.out(JSON.stringify({ event: 'end', status }));
    return status;
  }
  found.forEach((one, i) => {
    if (i > 0 && !options.quiet) terminal.out('');
    if ('error' in one) showFailure(one, terminal);
    else if ('versions' in one || 'sides' in one) {
      if (!options.quiet) terminal.out('sides' in one ? pairLine(one, terminal) : mirrorLine(one, terminal));
    } else show(one, terminal, options.quiet);
  });
  return status;
}

function statusOf(one: ListedSeries | SeriesFailure | MirrorSummary | PairSummary): number {
  if ('versions' in one || 'sides' in one) return 0;
  if ('error' in one) return EXIT_STATUS[one.error.code];
  return isDamaged(one) || one.out?.isOverdue === true ? 1 : 0;
}

function isDamaged({ damaged, snapshots }: ListedSeries): boolean {
  return damaged.length > 0 || snapshots.some(({ flaws }) => flaws.length > 0);
}

function show(series: ListedSeries, terminal: Terminal, quiet: boolean): void {
  for (const { message, hint } of series.damaged) {
    terminal.err(`${terminal.style('red', 'damaged:')} ${message}`);
    if (hint !== undefined) terminal.err(`  ${hint}`);
  }
  for (const { name, flaws } of series.snapshots) {
    const [first, ...more] = flaws;
    if (first === undefined) continue;
    const others = more.length === 0 ? '' : `, and ${formatCountOf(more.length, 'more file')}`;
    terminal.err(`${terminal.style('red', 'damaged:')} ${name}: ${first}${others}`);
  }
  if (quiet) return;
  const { snapshots, unfinished, kept, damaged, odd, bytes, out } = series;
  const total =
    out !== undefined
      ? terminal.style('yellow', out.message)
      : snapshots.length === 0
        ? 'no snapshots'
        : `${formatCountOf(snapshots.length, 'snapshot')}, ${formatBytes(bytes)} on disk`;
  terminal.out(seriesHead(series, total, terminal));
  if (snapshots.length > 0) terminal.out(listTable(snapshots, terminal));
  for (const { name, pin } of snapshots)
    if (pin?.reason !== undefined && pin.reason !== '')
      terminal.out(`${name}  pinned: ${printable(pin.reason)}`);
  for (const message of odd) terminal.out(terminal.style('yellow', message));
  for (const name of unfinished) {
    terminal.out(`${name}  ${terminal.style('yellow', 'unfinished')}: a run is at work, or was cut short`);
  }
  for (const name of kept) {
    terminal.out(
      `${name}  ${terminal.style('dim', 'kept for others')}: no snapshot, but others need what lies there`,
    );
  }
  for (const { name } of damaged) {
    if (name === undefined) continue;
    terminal.out(`${name}  ${terminal.style('red', 'damaged')}: it cannot be read, and stays`);
  }
}

function showJson(series: ListedSeries, terminal: Terminal): void {
  const { name, folder, snapshots, unfinished, kept, damaged, out } = series;
  for (const { name: snapshot, at, isOdd, info, newBytes, reasons, pin, flaws } of snapshots) {
    const { time, count, bytes, change, format } = info;
    const of = { event: 'snapshot', series: name, folder, snapshot };
    const guess = isOdd ? { guess: at.toISOString() } : {};
    terminal.out(
      JSON.stringify({ ...of, time, ...guess, format, count, bytes, change, newBytes, reasons, pin, flaws }),
    );
  }
  if (out !== undefined)
    terminal.out(JSON.stringify({ event: 'waiting', series: name, folder, message: out.message }));
  for (const snapshot of unfinished)
    terminal.out(JSON.stringify({ event: 'unfinished', series: name, folder, snapshot }));
  for (const snapshot of kept)
    terminal.out(JSON.stringify({ event: 'kept', series: name, folder, snapshot }));
  for (const { name: snapshot, message, hint = null } of damaged)
    terminal.out(JSON.stringify({ event: 'damaged', series: name, folder, snapshot, message, hint }));
}
