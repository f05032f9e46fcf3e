// The way of a row that syncs: both sides are brought to the same, once.
import { SnapshotError } from '../../base/errors.ts';
import type { Row } from '../../plan/plan.ts';
import { GuardError, wayOut } from '../../series/guards.ts';
import type { Series } from '../../series/series.ts';
import { otherOf } from '../../sync/item.ts';
import type { Action } from '../../sync/plan.ts';
import { display } from '../../tree/path.ts';
import { mountDoubt } from '../run/mount-doubt.ts';
import type { RowOptions, RowResult } from '../run/row-context.ts';
import type { Count, RowReporter } from '../run/row-reporter.ts';
import { conflictText } from './conflict-text.ts';
import { PairSeries } from './pair-series.ts';
import { APART, conflictsOf, effective, passedOverText, type SyncResult } from './result.ts';
import { sync } from './sync.ts';
import { PATIENCE_MS } from './with-locks.ts';

/** A dry run names no more than so many. */
const MOST_TOLD = 200;

/**
 * @param series - The log of the row.
 * @throws {@link GuardError} when a guard stops it; {@link SnapshotError} when it fails. What was done by then stays.
 */
export async function syncRow(
  row: Row,
  series: Series,
  options: RowOptions,
  report: RowReporter,
): Promise<RowResult> {
  if ((options.acceptPaths ?? []).length > 0)
    throw new SnapshotError(
      'E_USAGE',
      '--accept-changes=PATH is for snapshots: a sync takes all of it, or nothing',
    );
  if (series instanceof PairSeries) await warnOfMounts(series, report);
  const result = await sync(row.source, row.destination, {
    dryRun: options.dryRun,
    rehash: options.rehash,
    acceptChanges: options.acceptChanges,
    exclude: [...row.excludeLines, ...row.exclude],
    isWanted: () => true,
    keep: row.keep,
    signal: options.signal,
    warn: (message) => report.warn(message),
    waitMs: PATIENCE_MS,
    progress: counted(report),
  });
  const { stop } = result;
  if (stop !== undefined)
    throw new GuardError(stop.guard, `${stop.message}; nothing was changed`, wayOut(row.name));
  return told(result, report);
}

/** A folder that would be made where a disk is to be mounted. */
async function warnOfMounts(series: PairSeries, report: RowReporter): Promise<void> {
  for (const side of await series.missing()) {
    const doubt = await mountDoubt(side);
    if (doubt !== undefined) report.warn(`${doubt.message}: is its disk connected?`);
  }
}

/** Hands sums on as what was added. */
function counted(report: RowReporter): Parameters<typeof sync>[2]['progress'] {
  let count: Count | undefined;
  let before = { files: 0, bytes: 0 };
  return (done, all) => {
    count ??= report.phase('copy', all.files, all.bytes);
    count(done.files - before.files, done.bytes - before.bytes);
    before = done;
  };
}

/** Tells what was done, and sums it up. */
function told(result: SyncResult, report: RowReporter): RowResult {
  const { dryRun, labels, troubles, agreed } = result;
  const actions = effective(result);
  const done = actions.filter(({ decision }) => decision.do !== 'apart');
  if (result.isFirst && done.length > 0)
    report.note('nothing is known of an earlier sync of these two: both are united, and nothing is deleted');
  if (dryRun) {
    for (const action of done.slice(0, MOST_TOLD)) report.note(`would ${textOf(action)}`);
    if (done.length > MOST_TOLD) report.note(`and ${done.length - MOST_TOLD} more`);
  } else for (const action of done) report.action(...actionOf(action), undefined);
  const passedOver = passedOverText(result);
  if (passedOver !== undefined) report.note(passedOver);
  const unsynced = [
    ...troubles.map(({ path, side, reason }) => ({
      path,
      reason: side === undefined ? reason : `${side}: ${reason}`,
    })),
    ...result.actions.flatMap(({ path, decision }) =>
      decision.do === 'apart' ? [{ path, reason: APART[decision.why] ?? decision.why }] : [],
    ),
  ];
  for (const { path, reason } of unsynced) report.problem({ kind: 'unreadable', path, reason });
  const conflicts = conflictsOf(result).map((conflict) => conflictText(conflict, labels));
  for (const text of conflicts) report.warn(text);
  return {
    outcome: done.length > 0 ? 'written' : 'unchanged',
    snapshot: null,
    change: changeOf(done),
    totals: { ...agreed, folders: 0, links: 0 },
    newBytes: done.reduce((sum, action) => sum + bytesOf(action), 0),
    problems: unsynced.length,
    missing: unsynced.length,
    known: 0,
    heldBack: undefined,
    guards: [],
    rotation: { kept: [], removed: [] },
    series: undefined,
    damage: { report: null, record: { files: 0, needed: 0, repairable: 0, lost: 0, unknown: false } },
    conflicts,
  };
}

function changeOf(actions: readonly Action[]): RowResult['change'] {
  const change = { added: 0, modified: 0, removed: 0 };
  for (const action of actions) {
    const { decision } = action;
    if (decision.do === 'delete') change.removed++;
    else if (decision.do === 'copy' && action[decision.to] === undefined) change.added++;
    else change.modified++;
  }
  return change;
}

function bytesOf(action: Action): number {
  const { decision } = action;
  return decision.do === 'copy' ? (action[otherOf(decision.to)]?.size ?? 0) : 0;
}

/** What was done, in the words of a mirror; where it was done is behind the path. */
function actionOf(action: Action): [action: string, path: string, bytes: number] {
  const { decision, path } = action;
  const name = display(path);
  switch (decision.do) {
    case 'copy': {
      const what = action[otherOf(decision.to)]?.type === 'folder' ? 'FOLDER' : 'FILE';
      const how = action[decision.to] === undefined ? 'CREATED' : 'MODIFIED';
      return [`${what} ${how}`, `${name} (${decision.to})`, bytesOf(action)];
    }
    case 'delete': {
      const what = action[decision.on]?.type === 'folder' ? 'FOLDER' : 'FILE';
      return [`${what} DELETED`, `${name} (${decision.on})`, 0];
    }
    case 'move':
      return ['FILE MOVED', `${display(decision.from)} to ${name} (${decision.on})`, 0];
    case 'mode':
      return ['FILE MODIFIED', `${name} (mode, ${decision.on})`, 0];
    case 'nothing':
    case 'note':
    case 'leave':
    case 'apart':
      return ['FILE MODIFIED', name, 0];
  }
}

function textOf(action: Action): string {
  const { decision, path } = action;
  const name = display(path);
  switch (decision.do) {
    case 'copy':
      return `copy ${name} ${decision.to === 'there' ? 'to there' : 'to here'} (${decision.why})`;
    case 'delete':
      return `delete ${name} ${decision.on}, which becomes a version`;
    case 'move':
      return `move ${display(decision.from)} to ${name} ${decision.on}`;
    case 'mode':
      return `change the mode of ${name} ${decision.on}`;
    case 'nothing':
    case 'note':
    case 'leave':
    case 'apart':
      return `leave ${name}`;
  }
}
