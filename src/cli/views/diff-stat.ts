// How much differs, by the folders at the top.
import { formatBytes, formatCount } from '../../base/amounts.ts';
import type { Difference } from '../../jobs/look/difference.ts';
import { display } from '../../tree/path.ts';
import type { Terminal } from '../terminal.ts';
import { formatTable } from './table.ts';

export interface StatRow {
  /** The folder at the top; `.`: what lies at the top itself, or all of them. */
  readonly folder: string;
  readonly added: number;
  readonly modified: number;
  readonly removed: number;
  readonly moved: number;
  /** How much larger the folder is; less than 0: smaller. */
  readonly bytes: number;
}

/** One for each folder at the top in which something differs, in path order. */
export function statRows(differences: readonly Difference[]): readonly StatRow[] {
  const rows = new Map<string, { -readonly [K in keyof StatRow]: StatRow[K] }>();
  const rowAt = (path: string, isFolder: boolean): { -readonly [K in keyof StatRow]: StatRow[K] } => {
    const end = path.indexOf('/');
    const folder = end < 0 ? (isFolder ? path : '.') : path.slice(0, end);
    const row = rows.get(folder) ?? { folder, added: 0, modified: 0, removed: 0, moved: 0, bytes: 0 };
    rows.set(folder, row);
    return row;
  };
  for (const one of differences) {
    const [old, now] = [one.before, one.after].map((side) =>
      side?.entry.type === 'file' ? side.entry.size : 0,
    );
    const isFolder = (one.after ?? one.before)?.entry.type === 'folder';
    const row = rowAt(display(one.path), isFolder);
    row[one.kind] += one.kind === 'moved' ? one.paths : 1;
    if (one.kind === 'moved') {
      row.bytes += one.bytes;
      rowAt(display(one.from), isFolder).bytes -= one.bytes;
    } else row.bytes += (now ?? 0) - (old ?? 0);
  }
  return [...rows.values()];
}

export function statTable(rows: readonly StatRow[], terminal: Terminal): string {
  const align = 'right' as const;
  return formatTable(
    [
      ...['added', 'modified', 'removed', 'moved', 'size'].map((title) => ({ title, align })),
      { title: 'folder' },
    ],
    rows.map(({ folder, added, modified, removed, moved, bytes }) => [
      ...[added, modified, removed, moved].map(formatCount),
      `${bytes < 0 ? '-' : '+'}${formatBytes(Math.abs(bytes))}`,
      folder === '.' ? '.' : `${folder}/`,
    ]),
    terminal,
  );
}
