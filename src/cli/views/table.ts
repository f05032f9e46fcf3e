import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import type { Terminal } from '../terminal.ts';

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** `rows` below `columns`, aligned, without lines. A column that is empty in every row is left out. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  terminal: Terminal,
): string {
  const used = columns
    .map((column, i) => ({ ...column, i }))
    .filter(({ i }) => rows.some((row) => row[i] !== ''));
  const table = new Table({
    head: used.map(({ title }) => terminal.style('dim', title)),
    chars: NO_BORDERS,
    colAligns: used.map(({ align }) => align ?? 'left'),
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  });
  table.push(...rows.map((row) => used.map(({ i }) => row[i] ?? '')));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** The same with as many columns as fit on a terminal; a file takes them all. @param dispensable - Titles, what is left out first first. */
export function fitTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  terminal: Terminal,
  dispensable: readonly string[],
): string {
  for (let dropped = 0; ; dropped++) {
    const names = new Set(dispensable.slice(0, dropped));
    const isKept = (column: Column | undefined): boolean => column !== undefined && !names.has(column.title);
    const kept = columns.filter(isKept);
    const table = formatTable(
      kept,
      rows.map((row) => row.filter((_, i) => isKept(columns[i]))),
      terminal,
    );
    if (!terminal.isLive || widthOf(table) <= terminal.columns || dropped === dispensable.length)
      return table;
  }
}

/** Of its longest line. */
export function widthOf(table: string): number {
  const lines = stripVTControlCharacters(table).split('\n');
  return Math.max(...lines.map((line) => line.length));
}
