import type { RowEnd } from '../../jobs/events.ts';
import { formatCountOf } from '../../base/amounts.ts';
import type { Terminal } from '../terminal.ts';

/** The last line of a run on a terminal: in words what the exit code `status` says. */
export function verdictText(
  ends: readonly Pick<RowEnd, 'outcome' | 'status'>[],
  status: number,
  { style }: Pick<Terminal, 'style'>,
): string {
  const count = (of: number): number => ends.filter((end) => end.status === of).length;
  switch (status) {
    case 0:
      return fineText(ends, { style });
    case 3:
      return style('yellow', 'Done, but not everything could be read; see above.');
    case 4:
      return style('yellow', 'Done, but a guard held something back; see above.');
    case 11:
      return style(
        'yellow',
        `Done, but another run is at work in ${formatCountOf(count(11), 'row')}; see above.`,
      );
    case 130:
      return style('yellow', 'Stopped. Earlier snapshots are as they were.');
    default:
      return style('red', failureText(ends));
  }
}

function failureText(ends: readonly Pick<RowEnd, 'outcome' | 'status'>[]): string {
  const grave = ends.filter((end) => end.status === 1);
  const failed = grave.filter(({ outcome }) => outcome === 'failed').length;
  if (failed > 0) return `${formatCountOf(failed, 'row')} of ${ends.length} failed.`;
  if (grave.length > 0) return 'Done, but something in the archives is damaged; see above.';
  // It is a command of the user's that failed, and a warning names it.
  return 'The run failed.';
}

function fineText(ends: readonly Pick<RowEnd, 'outcome'>[], { style }: Pick<Terminal, 'style'>): string {
  const waiting = ends.filter(({ outcome }) => outcome === 'waiting').length;
  if (waiting > 0) {
    return style(
      'yellow',
      `Done, but ${formatCountOf(waiting, 'row waits', 'rows wait')} for a disk; see above.`,
    );
  }
  const isWritten = ends.some(({ outcome }) => outcome === 'written');
  return style('green', isWritten ? 'Done.' : 'Done: nothing changed.');
}
