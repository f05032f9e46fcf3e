import { printable, SnapshotError } from '../../base/errors.ts';
import { accept, shownPath, takeBack } from '../../jobs/upkeep/accept.ts';
import { formatLocal } from '../../jobs/moment.ts';
import { findThere } from '../../jobs/upkeep/find-there.ts';
import { type Accepted, readAccepted } from '../../series/accepted.ts';
import { pathProperty } from '../../series/index/index-line.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { recallFor } from '../state.ts';
import type { Terminal } from '../terminal.ts';

export interface AcceptCommandOptions extends CommonOptions {
  readonly series: string;
  readonly path: string | undefined;
  readonly reason: string | undefined;
  readonly remove: boolean;
}

/** Lists what is accepted in a series, adds to it, or takes something back. */
export async function acceptCommand(options: AcceptCommandOptions, terminal: Terminal): Promise<number> {
  const { path, reason, remove, json } = options;
  if (path === undefined && (remove || reason !== undefined)) {
    throw new SnapshotError('E_USAGE', 'Missing: <path>', { hint: 'Which path is it about?' });
  }
  if (remove && reason !== undefined)
    throw new SnapshotError('E_USAGE', '--remove and --reason exclude each other');
  const now = new Date();
  const { series, row } = await findThere(options.series, options.plan, recallFor(terminal), now);
  let shown: readonly Accepted[];
  let done = '';
  if (path === undefined) shown = await readAccepted(series);
  else if (remove) {
    shown = [await takeBack(series, path, row?.source)];
    done = 'No longer accepted: ';
  } else {
    shown = [await accept(series, path, reason ?? '', row?.source, now)];
    // That no row makes it any more holds at once: there is no next run.
    done = row === undefined ? 'Accepted: ' : 'Accepted, from the next run on: ';
  }
  if (json) {
    const event = path !== undefined && remove ? 'removed' : 'accepted';
    for (const one of shown)
      terminal.out(
        JSON.stringify({
          event,
          series: series.name,
          ...pathProperty(one.path),
          reason: one.reason,
          since: one.since,
        }),
      );
    terminal.out(JSON.stringify({ event: 'end', status: 0 }));
    return 0;
  }
  if (options.quiet && path !== undefined) return 0;
  for (const one of shown) terminal.out(`${done}${textOf(one)}`);
  if (shown.length === 0) terminal.out(`Nothing is accepted in ${series.place()}.`);
  return 0;
}

function textOf({ path, reason, since }: Accepted): string {
  const why = reason === '' ? '' : `  ${printable(reason)}`;
  const at = Number.isNaN(Date.parse(since)) ? since : formatLocal(new Date(since));
  return `${shownPath(path)}  since ${printable(at)}${why}`;
}
