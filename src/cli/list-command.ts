import { findSeries, seriesOfPlan } from '../jobs/address.ts';
import { list, type ListedSeries } from '../jobs/list.ts';
import { loadPlan } from '../plan/plan.ts';
import type { CommonOptions } from './common-options.ts';
import { formatBytes, formatCount, formatCountOf, formatLocalTime } from './format.ts';
import { formatTable } from './table.ts';
import type { Terminal } from './terminal.ts';

const COLUMNS = [
  { title: 'snapshot' },
  { title: 'local time' },
  { title: 'files', align: 'right' },
  { title: 'size', align: 'right' },
  { title: 'added', align: 'right' },
  { title: 'modified', align: 'right' },
  { title: 'removed', align: 'right' },
  { title: 'on disk', align: 'right' },
] as const;

export async function listCommand(
  options: CommonOptions & { readonly series: string | undefined },
  terminal: Terminal,
): Promise<number> {
  const plan = async (): ReturnType<typeof loadPlan> => await loadPlan(options.plan);
  const series =
    options.series === undefined ? seriesOfPlan(await plan()) : [await findSeries(options.series, plan)];
  const found = await list(series);
  const status = found.some(({ damaged }) => damaged.length > 0) ? 1 : 0;
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

function show(series: ListedSeries, terminal: Terminal, quiet: boolean): void {
  for (const message of series.damaged) terminal.err(`${terminal.style('red', 'damaged:')} ${message}`);
  if (quiet) return;
  const { snapshots, unfinished } = series;
  const bytes = snapshots.reduce((sum, { newBytes }) => sum + newBytes, 0);
  const total =
    snapshots.length === 0
      ? 'no snapshots'
      : `${formatCountOf(snapshots.length, 'snapshot')}, ${formatBytes(bytes)} on disk`;
  terminal.out(`${terminal.style('bold', series.name)}  ${terminal.style('dim', series.folder)}  ${total}`);
  const rows = snapshots.map(({ name, at, info, newBytes }) => [
    name,
    formatLocalTime(at),
    formatCount(info.count.files),
    formatBytes(info.bytes),
    ...[info.change.added, info.change.modified, info.change.removed].map(formatCount),
    formatBytes(newBytes),
  ]);
  if (rows.length > 0) terminal.out(formatTable(COLUMNS, rows, terminal));
  for (const name of unfinished) {
    terminal.out(
      `${name}  ${terminal.style('yellow', 'unfinished')}: a run is at work, or was cut short and the next one clears it away`,
    );
  }
}

function showJson(series: ListedSeries, terminal: Terminal): void {
  const { name, folder, snapshots, unfinished, damaged } = series;
  for (const { name: snapshot, info, newBytes } of snapshots) {
    const { time, count, bytes, change, format } = info;
    terminal.out(
      JSON.stringify({
        event: 'snapshot',
        series: name,
        folder,
        snapshot,
        time,
        format,
        count,
        bytes,
        change,
        newBytes,
      }),
    );
  }
  for (const snapshot of unfinished)
    terminal.out(JSON.stringify({ event: 'unfinished', series: name, folder, snapshot }));
  for (const message of damaged)
    terminal.out(JSON.stringify({ event: 'damaged', series: name, folder, message }));
}
