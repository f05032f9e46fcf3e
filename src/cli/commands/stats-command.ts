import { formatBytes, formatCount, formatCountOf } from '../../base/amounts.ts';
import { SnapshotError } from '../../base/errors.ts';
import { formatLocal } from '../../jobs/moment.ts';
import { type SeriesStats, statsOf } from '../../jobs/look/stats.ts';
import { loadPlan } from '../../plan/plan.ts';
import { pathProperty } from '../../series/index/index-line.ts';
import { display } from '../../tree/path.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { openSeries } from '../state.ts';
import type { Terminal } from '../terminal.ts';
import { seriesHead } from '../views/series-head.ts';
import { fitTable, formatTable } from '../views/table.ts';
import { sentence } from '../views/wrap-words.ts';

export interface StatsCommandOptions extends CommonOptions {
  readonly series: string;
  readonly at: string | undefined;
  readonly depth: number;
}

/** So many folders are shown to people. */
const MOST_FOLDERS = 25;
const RIGHT = 'right' as const;

/** Tells what takes the space of a series. */
export async function statsCommand(options: StatsCommandOptions, terminal: Terminal): Promise<number> {
  const { at, depth, json, quiet } = options;
  if (!Number.isSafeInteger(depth) || depth < 0)
    throw new SnapshotError('E_USAGE', '--depth takes a number of levels: 0 or more');
  const series = await openSeries(options.series, async () => await loadPlan(options.plan), terminal);
  const stats = await statsOf(series, at, depth);
  if (json) showJson(series.name, stats, terminal);
  else if (!quiet) {
    const { snapshots, bytes } = stats;
    const total = `${formatCountOf(snapshots.length, 'snapshot')}, ${formatBytes(bytes)} on disk`;
    terminal.out(`${seriesHead({ name: series.name, folder: series.place() }, total, terminal)}\n`);
    showFolders(stats, depth, terminal);
    terminal.out('');
    showSnapshots(stats, terminal);
    terminal.out(`\n${sentence('', growthText(stats), terminal)}`);
  }
  return 0;
}

function showFolders({ snapshot, folders }: SeriesStats, depth: number, terminal: Terminal): void {
  const whole = folders.find(({ path }) => path === '')?.bytes ?? 0;
  const shown = folders.slice(0, MOST_FOLDERS);
  terminal.out(`In ${snapshot.name}, by folder:`);
  const rows = shown.map(({ path, files, bytes, diskBytes }) => [
    formatBytes(bytes),
    whole === 0 ? '' : `${Math.round((bytes / whole) * 100)}%`,
    `~${formatBytes(diskBytes)}`,
    formatCount(files),
    path === '' ? '.' : `${display(path)}/`,
  ]);
  const columns = [
    { title: 'size', align: RIGHT },
    { title: '', align: RIGHT },
    { title: 'on disk', align: RIGHT },
    { title: 'files', align: RIGHT },
    { title: 'folder' },
  ];
  terminal.out(formatTable(columns, rows, terminal));
  const rest = folders.length - shown.length;
  if (rest > 0) terminal.out(terminal.style('dim', `and ${formatCountOf(rest, 'smaller one')}`));
  const about = '~ is estimated: files that are compressed together share it by size.';
  terminal.out(terminal.style('dim', sentence('', about, terminal)));
  if (depth === 1 && rest === 0) terminal.out(terminal.style('dim', '--depth 2 looks one level deeper.'));
}

function showSnapshots({ snapshots }: SeriesStats, terminal: Terminal): void {
  terminal.out('By snapshot:');
  const rows = snapshots.map(({ at, bytes, newBytes, ownBytes, totalBytes }) => [
    formatLocal(at),
    formatBytes(bytes),
    formatBytes(newBytes),
    formatBytes(totalBytes),
    formatBytes(ownBytes),
  ]);
  const columns = [
    { title: 'local time' },
    ...['size', 'new on disk', 'all so far', 'frees alone'].map((title) => ({ title, align: RIGHT })),
  ];
  terminal.out(fitTable(columns, rows, terminal, ['all so far']));
}

function growthText({ growth }: SeriesStats): string {
  if (growth === undefined) return 'How fast it grows can be told when its snapshots are a day apart.';
  const { days, bytes } = growth;
  const over = formatCountOf(Math.round(days), 'day');
  return `It grew by ${formatBytes(bytes)} in ${over}: ${formatBytes(bytes / days)} a day, before rotation.`;
}

function showJson(series: string, stats: SeriesStats, terminal: Terminal): void {
  const { snapshot, folders, snapshots, bytes, growth } = stats;
  for (const { path, ...sizes } of folders)
    terminal.out(
      JSON.stringify({ event: 'folder', series, snapshot: snapshot.name, ...pathProperty(path), ...sizes }),
    );
  for (const { name, at, ...sizes } of snapshots)
    terminal.out(JSON.stringify({ event: 'snapshot', series, snapshot: name, time: at, ...sizes }));
  terminal.out(
    JSON.stringify({
      event: 'end',
      status: 0,
      series,
      snapshot: snapshot.name,
      bytes,
      growth: growth ?? null,
    }),
  );
}
