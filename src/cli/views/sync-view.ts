// What people and programs are told of a sync.
import { formatBytes, formatCount, formatCountOf, formatDuration } from '../../base/amounts.ts';
import { conflictText, pairCommand } from '../../jobs/sync/conflict-text.ts';
import type { LastResult } from '../../jobs/sync/last-result.ts';
import {
  APART,
  conflictsOf,
  effective,
  passedOverText,
  statusOf,
  type SyncResult,
} from '../../jobs/sync/result.ts';
import type { Undone } from '../../jobs/sync/undo.ts';
import { otherOf, type SideName } from '../../sync/item.ts';
import type { Action } from '../../sync/plan.ts';
import { display } from '../../tree/path.ts';
import type { CommonOptions } from '../options/common-options.ts';
import type { Terminal } from '../terminal.ts';
import { type Column, formatTable } from './table.ts';

/** More lines than this are counted. */
const MOST_LINES = 200;

type Places = Readonly<Record<SideName, string>>;
type ShowOptions = Pick<CommonOptions, 'json' | 'quiet'>;

const COLUMNS: readonly Column[] = [
  { title: '' },
  { title: 'why' },
  { title: 'size', align: 'right' },
  { title: 'path' },
];

export function showSync(result: SyncResult, places: Places, options: ShowOptions, terminal: Terminal): void {
  if (options.json) {
    for (const action of result.actions) terminal.out(JSON.stringify(jsonOf(action)));
    for (const { path, side, reason } of result.troubles)
      terminal.out(JSON.stringify({ event: 'problem', path: display(path), side: side ?? null, reason }));
    for (const { path, side, reason } of result.passedOver)
      terminal.out(JSON.stringify({ event: 'passed-over', path: display(path), side: side ?? null, reason }));
    for (const conflict of conflictsOf(result))
      terminal.out(JSON.stringify({ event: 'conflict', ...conflict }));
    const { labels, stop, isFirst, durationMs, dryRun } = result;
    const counts = countsOf(result);
    terminal.out(
      JSON.stringify({
        event: 'end',
        status: statusOf(result),
        ...labels,
        dryRun,
        ...counts,
        isFirst,
        stop: stop ?? null,
        durationMs,
      }),
    );
    return;
  }
  const { actions, stop, dryRun } = result;
  const passedOver = passedOverText(result);
  if (!options.quiet) {
    if (result.isFirst && stop === undefined)
      terminal.out(
        'Nothing is known of an earlier sync of these two: both are united, and nothing is deleted.',
      );
    for (const side of result.isWeak)
      terminal.out(
        `"${result.labels[side]}" cannot flush files, or replace them in one step: after a power cut there, a file may be missing until the next sync.`,
      );
    const shown = dryRun ? actions : actions.slice(0, MOST_LINES);
    if (shown.length > 0) terminal.out(formatTable(COLUMNS, shown.map(rowOf), terminal));
    if (shown.length < actions.length)
      terminal.out(`and ${formatCount(actions.length - shown.length)} more; --json tells all`);
    if (passedOver !== undefined) terminal.out(passedOver);
  }
  for (const conflict of conflictsOf(result)) terminal.out(conflictText(conflict, places));
  for (const { path, side, reason } of result.troubles)
    terminal.err(`not synced: ${display(path)}${side === undefined ? '' : ` (${side})`}: ${reason}`);
  if (stop !== undefined) {
    terminal.err(`stopped (${stop.guard}): ${stop.message}; nothing was changed`);
    terminal.err(
      `  If that is what you want, run this once: \`${pairCommand(places, '--accept-changes')}\`.`,
    );
    return;
  }
  if (!options.quiet) terminal.out(sumOf(result));
}

export function showUndone(
  { steps, troubles }: Undone,
  places: Places,
  options: ShowOptions & { readonly dryRun: boolean },
  terminal: Terminal,
): number {
  const status = troubles.length > 0 ? 3 : 0;
  if (options.json) {
    for (const { path, side, reason } of troubles)
      terminal.out(JSON.stringify({ event: 'problem', path: display(path), side: side ?? null, reason }));
    terminal.out(
      JSON.stringify({ event: 'end', status, ...places, dryRun: options.dryRun, steps: steps.length }),
    );
    return status;
  }
  for (const { path, side, reason } of troubles)
    terminal.err(`left as it is: ${display(path)} (${side}): ${reason}`);
  const count = formatCountOf(steps.length - troubles.length, 'step');
  if (!options.quiet)
    terminal.out(
      options.dryRun
        ? `${count} of the last sync would be taken back`
        : `${count} of the last sync taken back; the next one unites what they were about`,
    );
  return status;
}

export function showStatus(last: LastResult, options: ShowOptions, terminal: Terminal): number {
  if (options.json) {
    terminal.out(JSON.stringify({ event: 'sync', ...last }));
    return last.status;
  }
  const { at, status, done, conflicts, troubles, apart, stop, failed } = last;
  const steps = `${formatCountOf(done, 'step')} done`;
  const ended =
    stop !== null
      ? `stopped (${stop.guard}): ${stop.message}`
      : failed === null
        ? steps
        : `not to its end (${failed}), ${steps}`;
  terminal.out(`${last.here} and ${last.there}, last synced ${new Date(at).toLocaleString('sv')}: ${ended}`);
  for (const conflict of conflicts) terminal.out(conflictText(conflict, last));
  for (const { path, reason } of troubles) terminal.out(`not synced: ${path}: ${reason}`);
  for (const { path, why } of apart) terminal.out(`kept apart: ${path}: ${APART[why] ?? why}`);
  return status;
}

function rowOf(action: Action): readonly string[] {
  const { decision, path } = action;
  const name = display(path);
  switch (decision.do) {
    case 'copy': {
      const from = action[otherOf(decision.to)];
      const mark = from?.type === 'folder' ? '/' : '';
      return [
        arrow(decision.to),
        WHY[decision.why],
        from?.type === 'file' ? formatBytes(from.size) : '',
        name + mark,
      ];
    }
    case 'delete':
      return [arrow(decision.on), 'deleted', '', name];
    case 'move':
      return [arrow(decision.on), 'moved', '', `${display(decision.from)} -> ${name}`];
    case 'mode':
      return [arrow(decision.on), 'mode', '', name];
    case 'apart':
      return ['!', 'kept apart', '', `${name}: ${APART[decision.why] ?? ''}`];
    case 'nothing':
    case 'note':
    case 'leave':
      return ['', '', '', name];
  }
}

const WHY = {
  new: 'new',
  changed: 'changed',
  kept: 'changed, deleted there',
  newer: 'conflict, newer',
  hash: 'conflict, same time',
} as const;

function arrow(to: SideName): string {
  return to === 'there' ? '->' : '<-';
}

function jsonOf(action: Action): Record<string, unknown> {
  const { decision, path } = action;
  const from = decision.do === 'move' ? { from: display(decision.from) } : {};
  const side = 'to' in decision ? { to: decision.to } : 'on' in decision ? { on: decision.on } : {};
  const why = 'why' in decision ? { why: decision.why } : {};
  return { event: 'action', action: decision.do, path: display(path), ...side, ...why, ...from };
}

interface Counts {
  readonly toHere: number;
  readonly toThere: number;
  readonly bytes: number;
  readonly deleted: number;
  readonly moved: number;
  readonly apart: number;
  readonly conflicts: number;
}

function countsOf(result: SyncResult): Counts {
  const actions = effective(result);
  const copies = (to: SideName): readonly Action[] =>
    actions.filter(({ decision }) => decision.do === 'copy' && decision.to === to);
  const sizes = (to: SideName): number =>
    copies(to).reduce((sum, action) => sum + (action[otherOf(to)]?.size ?? 0), 0);
  const count = (what: string): number => actions.filter(({ decision }) => decision.do === what).length;
  return {
    toHere: copies('here').length,
    toThere: copies('there').length,
    bytes: sizes('here') + sizes('there'),
    deleted: count('delete'),
    moved: count('move'),
    apart: count('apart'),
    conflicts: conflictsOf(result).length,
  };
}

function sumOf(result: SyncResult): string {
  const { toHere, toThere, bytes, deleted, moved, conflicts, apart } = countsOf(result);
  const parts = [
    ...(toThere > 0 ? [`${formatCount(toThere)} to there`] : []),
    ...(toHere > 0 ? [`${formatCount(toHere)} to here`] : []),
    ...(bytes > 0 ? [formatBytes(bytes)] : []),
    ...(deleted > 0 ? [`${formatCount(deleted)} deleted`] : []),
    ...(moved > 0 ? [`${formatCount(moved)} moved`] : []),
    ...(conflicts > 0 ? [`${formatCountOf(conflicts, 'conflict')} settled`] : []),
    ...(apart > 0 ? [`${formatCount(apart)} kept apart`] : []),
    ...(result.troubles.length > 0 ? [`${formatCount(result.troubles.length)} not synced`] : []),
  ];
  const what = parts.length === 0 ? 'Nothing to do' : parts.join(', ');
  return `${result.dryRun ? 'Dry run: ' : ''}${what}, in ${formatDuration(result.durationMs)}`;
}
