import { formatCountOf } from '../../base/amounts.ts';
import { formatLocal } from '../../jobs/moment.ts';
import type { PairSummary } from '../../jobs/sync/pair-summary.ts';
import type { Terminal } from '../terminal.ts';

/** A pair in a list of series. */
export function pairLine({ series, sides, synced, conflicts }: PairSummary, { style }: Terminal): string {
  const as = synced === undefined ? style('yellow', 'never synced') : `last synced ${formatLocal(synced)}`;
  const more =
    conflicts.length === 0 ? '' : `; ${formatCountOf(conflicts.length, 'conflict')}, which \`status\` names`;
  return `${style('bold', series)}  ${style('dim', sides.join(' and '))}  sync, ${as}${more}`;
}

/** The same with `--json`, as docs/cli.md lists it. */
export function pairJson({ series, sides, synced, conflicts }: PairSummary): object {
  const [here, there] = sides;
  return { event: 'pair', series, here, there, synced: synced?.toISOString() ?? null, conflicts };
}
