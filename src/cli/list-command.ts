import { findSeries, rowOf, seriesOfPlan } from '../jobs/address.ts';
import { list, type ListedSeries } from '../jobs/look/list.ts';
import { loadPlan, type Plan } from '../plan/plan.ts';
import type { CommonOptions } from './common-options.ts';
import { formatBytes, formatCountOf } from './format.ts';
import { listTable } from './list-table.ts';
import { recallFor } from './state.ts';
import type { Terminal } from './terminal.ts';

export async function listCommand(
  options: CommonOptions & { readonly series: string | undefined },
  terminal: Terminal,
): Promise<number> {
  let plan: Plan | undefined;
  const load = async (): Promise<Plan> => (plan = await loadPlan(options.plan));
  const series =
    options.series === undefined ? seriesOfPlan(await load()) : [await findSeries(options.series, load)];
  const recall = recallFor(terminal);
  const now = new Date();
  const found = await Promise.all(
    series.map(async (one) => await list(one, plan && rowOf(one, plan), recall, now)),
  );
  const status = found.some(isDamaged) ? 1 : 0;
  if (options.json) {
    for (const one of found) showJson(one, terminal);
    terminal.out(JSON.stringify({ event: 'end', status }));
    return status;
  }
  found.forEach((one, i) => {
    if (i > 0 && !options.quiet) terminal.out('');
    show(one, terminal, options.quiet);
  });
  return status;
}

function isDamaged({ damaged, snapshots }: ListedSeries): boolean {
  return damaged.length > 0 || snapshots.some(({ flaws }) => flaws.length > 0);
}

function show(series: ListedSeries, terminal: Terminal, quiet: boolean): void {
  for (const message of series.damaged) terminal.err(`${terminal.style('red', 'damaged:')} ${message}`);
  for (const { name, flaws } of series.snapshots) {
    const [first, ...more] = flaws;
    if (first === undefined) continue;
    const others = more.length === 0 ? '' : `, and ${formatCountOf(more.length, 'more file')}`;
    terminal.err(`${terminal.style('red', 'damaged:')} ${name}: ${first}${others}`);
  }
  if (quiet) return;
  const { snapshots, unfinished, bytes, waiting } = series;
  const total =
    snapshots.length === 0
      ? waiting === undefined
        ? 'no snapshots'
        : terminal.style('yellow', waiting)
      : `${formatCountOf(snapshots.length, 'snapshot')}, ${formatBytes(bytes)} on disk`;
  terminal.out(`${terminal.style('bold', series.name)}  ${terminal.style('dim', series.folder)}  ${total}`);
  if (snapshots.length > 0) terminal.out(listTable(snapshots, terminal));
  for (const name of unfinished) {
    terminal.out(`${name}  ${terminal.style('yellow', 'unfinished')}: a run is at work, or was cut short`);
  }
}

function showJson(series: ListedSeries, terminal: Terminal): void {
  const { name, folder, snapshots, unfinished, damaged, waiting } = series;
  for (const { name: snapshot, info, newBytes, reasons, flaws } of snapshots) {
    const { time, count, bytes, change, format } = info;
    const of = { event: 'snapshot', series: name, folder, snapshot };
    terminal.out(JSON.stringify({ ...of, time, format, count, bytes, change, newBytes, reasons, flaws }));
  }
  if (waiting !== undefined)
    terminal.out(JSON.stringify({ event: 'waiting', series: name, folder, message: waiting }));
  for (const snapshot of unfinished)
    terminal.out(JSON.stringify({ event: 'unfinished', series: name, folder, snapshot }));
  for (const message of damaged)
    terminal.out(JSON.stringify({ event: 'damaged', series: name, folder, message }));
}
