import type { ListedSnapshot } from '../../jobs/look/list.ts';
import { formatLocal } from '../../jobs/moment.ts';
import { formatBytes, formatCount } from '../../base/amounts.ts';
import { type Column, formatTable, widthOf } from './table.ts';
import type { Terminal } from '../terminal.ts';
import { wrapWords } from './wrap-words.ts';

/** So much room is left for reasons, at least, before names are left out. */
const REASONS = 24;
/** With less room than this for reasons, what it takes on disk is left out. */
const FEW = 14;

const COLUMNS: readonly Column[] = [
  { title: 'snapshot' },
  { title: 'local time' },
  { title: 'files', align: 'right' },
  { title: 'size', align: 'right' },
  { title: 'added', align: 'right' },
  { title: 'modified', align: 'right' },
  { title: 'removed', align: 'right' },
  { title: 'new on disk', align: 'right' },
];
/** The same for a terminal of 80 columns: the times stand for the names, as `--at` takes both. */
const SHORT = ['', 'local time', 'files', 'size', '+', '~', '-', 'on disk'] as const;

/** A line for each snapshot, the oldest first. Where one has many reasons to stay, they go on below. */
export function listTable(snapshots: readonly ListedSnapshot[], terminal: Terminal): string {
  const tableOf = (isNarrow: boolean, hasDisk: boolean): string =>
    formatTable(
      COLUMNS.map((column, i) => ({ ...column, title: isNarrow ? (SHORT[i] ?? '') : column.title })),
      snapshots.map(({ name, at, isOdd, info, newBytes }) => [
        isNarrow ? '' : name,
        `${formatLocal(at)}${isOdd ? '?' : ''}`,
        formatCount(info.count.files),
        formatBytes(info.bytes),
        ...[info.change.added, info.change.modified, info.change.removed].map(formatCount),
        hasDisk ? formatBytes(newBytes) : '',
      ]),
      terminal,
    );
  const longest = Math.max(
    ...snapshots.map(({ reasons, flaws }) => flaws.length * 8 + reasonText(reasons).length),
  );
  const hasRoom = (table: string, wanted: number): boolean =>
    !terminal.isLive || widthOf(table) + 2 + Math.min(longest, wanted) <= terminal.columns;
  const [whole, short] = [tableOf(false, true), tableOf(true, true)];
  const chosen = hasRoom(whole, REASONS) ? whole : hasRoom(short, FEW) ? short : tableOf(true, false);
  const [head = '', ...lines] = chosen.split('\n');
  // Right-aligned numbers end each line at the same column.
  const width = lines[0]?.length ?? 0;
  const room = terminal.isLive ? Math.max(8, terminal.columns - width - 2) : Infinity;
  return [
    `${head}  ${terminal.style('dim', 'kept')}`,
    ...lines.map((line, i) => {
      const { reasons, flaws = [] } = snapshots[i] ?? {};
      const mark = flaws.length === 0 ? '' : 'DAMAGED ';
      const [first = '', ...more] = wrapWords(`${mark}${reasonText(reasons)}`, room);
      return [`${line}  ${first}`, ...more.map((text) => `${' '.repeat(width)}  ${text}`)].join('\n');
    }),
  ].join('\n');
}

function reasonText(reasons: readonly string[] | undefined): string {
  if (reasons === undefined) return '–';
  return reasons.length === 0 ? 'not any more' : reasons.join(' ');
}
