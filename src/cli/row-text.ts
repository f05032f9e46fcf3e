// What is said of a row when it has ended.
import type { RowEnd, RowProblem } from '../jobs/events.ts';
import { shellWord } from './shell-word.ts';
import { formatBytes, formatCount, formatCountOf, formatDuration } from './format.ts';
import type { Terminal } from './terminal.ts';

/** So many problems of a row are listed; all of them are in the log. */
const MAX_PROBLEMS = 10;

/** What a line about a row needs to know. */
type RowLine = Pick<
  RowEnd,
  'row' | 'outcome' | 'dryRun' | 'files' | 'bytes' | 'change' | 'newBytes' | 'durationMs'
> & {
  readonly guards: readonly unknown[];
  readonly error: unknown;
  readonly waiting: { readonly message: string } | null;
};

type Style = Pick<Terminal, 'style'>;

/** One word, coloured: how the row ended. */
export function outcomeText(
  { outcome, dryRun, guards }: Pick<RowLine, 'outcome' | 'dryRun' | 'guards'>,
  { style }: Style,
): string {
  switch (outcome) {
    case 'written':
      return style(guards.length > 0 ? 'yellow' : 'green', dryRun ? 'would write' : 'written');
    case 'unchanged':
      return style('green', 'unchanged');
    case 'failed':
      return guards.length > 0 ? style('yellow', 'refused') : style('red', 'FAILED');
    case 'waiting':
      return style('yellow', 'waiting');
    case 'stopped':
      return style('yellow', 'stopped');
  }
}

/** A row on one line, for where there is no table: `documents: written, 12 files, 3 kB, 1 added, 0.2s`. */
export function rowLine(end: RowLine, terminal: Style): string {
  if (end.waiting !== null) return `${end.row}: ${terminal.style('yellow', end.waiting.message)}`;
  const isUnchanged = end.outcome === 'unchanged';
  const parts = [isUnchanged ? terminal.style('green', 'nothing changed') : outcomeText(end, terminal)];
  if (end.error === null) parts.push(formatCountOf(end.files, 'file'), formatBytes(end.bytes));
  if (end.outcome === 'written') parts.push(changeText(end), `${formatBytes(end.newBytes)} ${newWord(end)}`);
  parts.push(formatDuration(end.durationMs));
  return `${end.row}: ${parts.join(', ')}`;
}

/** Whether the bytes are on disk, or would go into archives before compression. */
function newWord({ dryRun }: RowLine): string {
  return dryRun ? 'before compression' : 'on disk';
}

function changeText({ change }: RowLine): string {
  const parts = Object.entries(change).filter(([, count]) => count > 0);
  return parts.map(([kind, count]) => `${formatCount(count as number)} ${kind}`).join(', ') || 'no entries';
}

/** What else there is to say of a row, a line each. */
export function rowDetails(end: RowEnd, problems: readonly RowProblem[], terminal: Terminal): string[] {
  const { style } = terminal;
  const lines: string[] = [];
  if (end.outcome === 'written' && end.folder !== null) {
    lines.push(`${end.row}: ${end.dryRun ? 'would be ' : ''}${end.folder}`);
  }
  if (end.waiting !== null) {
    const accept = `snapshot run --only ${shellWord(end.row)} --accept-changes`;
    lines.push(style('dim', `  If another disk takes its place: \`${accept}\`, once.`));
  }
  if (end.error !== null && end.outcome === 'failed') {
    lines.push(`${end.row}: ${style('red', end.error.message)}`);
    if (end.error.hint !== undefined) lines.push(`  ${style('dim', end.error.hint)}`);
  } else {
    for (const { message, hint } of end.guards) {
      lines.push(`${end.row}: ${style('yellow', message)}`, `  ${style('dim', hint)}`);
    }
  }
  if (end.damage !== null) {
    const { lost, repairable, unknown, messages, hint } = end.damage;
    const colour = lost + repairable > 0 || unknown ? 'red' : 'yellow';
    for (const message of messages) lines.push(`${end.row}: ${style(colour, message)}`);
    lines.push(`  ${style('dim', hint)}`);
  }
  if (problems.length > 0) {
    lines.push(`${end.row}: ${style('yellow', formatCountOf(problems.length, 'problem'))}`);
    for (const { path, reason } of problems.slice(0, MAX_PROBLEMS))
      lines.push(`  ${path === '' ? '.' : path}: ${reason}`);
    if (problems.length > MAX_PROBLEMS)
      lines.push(`  and ${formatCount(problems.length - MAX_PROBLEMS)} more, in the log`);
  }
  return [...lines, ...rotationLines(end, terminal)];
}

function rotationLines({ row, dryRun, removed, kept }: RowEnd, { style }: Terminal): string[] {
  if (removed.length === 0) return [];
  const names = removed.map(({ snapshot }) => snapshot).join(', ');
  const lines = [`${row}: ${dryRun ? 'would rotate' : 'rotated'} out ${names}`];
  // After a nightly run, what went is news; what stays is not.
  for (const { snapshot, reasons } of dryRun ? kept : [])
    lines.push(style('dim', `  keeps ${snapshot}: ${reasons.join(', ')}`));
  return lines;
}
