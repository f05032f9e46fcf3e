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
