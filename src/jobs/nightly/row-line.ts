// A row on one line, when it has ended.
import { formatBytes, formatCount, formatCountOf, formatDuration } from '../../base/amounts.ts';
import type { RowEnd } from '../events.ts';

/** What a line about a row needs to know. */
type RowLine = Pick<
  RowEnd,
  'row' | 'outcome' | 'dryRun' | 'files' | 'bytes' | 'change' | 'newBytes' | 'durationMs'
> & {
  readonly guards: readonly unknown[];
  readonly error: unknown;
  readonly waiting: { readonly message: string } | null;
};

/** What colours words, where there are colours. */
interface Painter {
  readonly style: (style: 'green' | 'yellow' | 'red', text: string) => string;
}

/** One word, coloured: how the row ended. */
export function outcomeText(
  { outcome, dryRun, guards }: Pick<RowLine, 'outcome' | 'dryRun' | 'guards'>,
  { style }: Painter,
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
export function rowLine(end: RowLine, terminal: Painter): string {
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
