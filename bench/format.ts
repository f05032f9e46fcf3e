// How figures and tables are written. Pure.

import type { Spread } from './compare.ts';

export const MISSING = '–';

export const digits = (value: number): string => value.toFixed(Math.abs(value) < 10 ? 2 : 1);

export const yesOrNo = (met: boolean): string => (met ? 'yes' : 'no');

/** The median, and the range when there is one. */
export function formatSpread(
  spread: Spread | undefined,
  unit: string,
  write: (value: number) => string = digits,
): string {
  if (spread === undefined) return MISSING;
  const { median, least, most } = spread;
  const range = [write(least), write(most)];
  const isOne = range[0] === range[1];
  return `${write(median)}${unit}${isOne ? '' : ` (${range.join('–')})`}`;
}

export const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(Math.abs(bytes) < 10e6 ? 2 : 0);

export function formatMegabytes(bytes: number | undefined): string {
  return bytes === undefined ? MISSING : `${megabytes(bytes)} MB`;
}

export const formatCount = (count: number): string => count.toLocaleString('en');

/** A Markdown table that is also aligned as plain text. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  // A bar would end the cell.
  const cells = rows.map((row) => row.map((cell) => cell.replaceAll('|', String.raw`\|`)));
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [headings, widths.map((width) => '-'.repeat(width)), ...cells].map(line).join('\n');
}
