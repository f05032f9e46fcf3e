import type { ListedSnapshot } from '../jobs/list.ts';
import { formatLocal } from '../jobs/moment.ts';
import { formatBytes, formatCount } from './format.ts';
import { type Column, formatTable } from './table.ts';
import type { Terminal } from './terminal.ts';

/** What the columns take beside the names of snapshots and the reasons, about. */
const NARROW = 110;

const NAME: Column = { title: 'snapshot' };
const COLUMNS: readonly Column[] = [
  { title: 'local time' },
  { title: 'files', align: 'right' },
  { title: 'size', align: 'right' },
  { title: 'added', align: 'right' },
  { title: 'modified', align: 'right' },
  { title: 'removed', align: 'right' },
  { title: 'new on disk', align: 'right' },
  { title: 'kept' },
];
/** The same for a terminal of 80 columns: the times stand for the names, as `--at` takes both. */
const SHORT = ['local time', 'files', 'size', '+', '~', '-', 'on disk', 'kept'] as const;

/** A line for each snapshot, the oldest first. */
export function listTable(snapshots: readonly ListedSnapshot[], terminal: Terminal): string {
  const isNarrow = terminal.isLive && terminal.columns < NARROW;
  const rows = snapshots.map(({ name, at, info, newBytes, reasons }) => [
    ...(isNarrow ? [] : [name]),
    formatLocal(at),
    formatCount(info.count.files),
    formatBytes(info.bytes),
    ...[info.change.added, info.change.modified, info.change.removed].map(formatCount),
    formatBytes(newBytes),
    reasonText(reasons),
  ]);
  if (!isNarrow) return formatTable([NAME, ...COLUMNS], rows, terminal);
  const columns = COLUMNS.map((column, i) => ({ ...column, title: SHORT[i] ?? column.title }));
  return formatTable(columns, rows, terminal);
}

function reasonText(reasons: readonly string[] | undefined): string {
  if (reasons === undefined) return '–';
  return reasons.length === 0 ? 'not any more' : reasons.join(' ');
}
