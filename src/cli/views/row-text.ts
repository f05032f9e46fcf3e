// What is said of a row when it has ended.
import type { RowEnd, RowProblem } from '../../jobs/events.ts';
import { optionsFor } from '../../series/guards.ts';
import { formatCount, formatCountOf } from '../../base/amounts.ts';
import type { Terminal } from '../terminal.ts';

/** So many problems of a row are listed; all of them are in the log. */
const MAX_PROBLEMS = 10;

/** What else there is to say of a row, a line each. */
export function rowDetails(end: RowEnd, problems: readonly RowProblem[], terminal: Terminal): string[] {
  const { style } = terminal;
  const lines: string[] = [];
  if (end.outcome === 'written' && end.folder !== null) {
    lines.push(`${end.row}: ${end.dryRun ? 'would be ' : ''}${end.folder}`);
  }
  if (end.waiting !== null) {
    const accept = optionsFor(end.row, '--accept-changes');
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
