// What the last runs of a row have in common, and since when. Pure: no clock, no disk.
import { formatCountOf } from '../../base/amounts.ts';
import {
  isRemoval,
  isRun,
  isSuccess,
  type PastRecord,
  type PastRemoval,
  type PastRun,
} from '../../series/past.ts';
import { formatLocal } from '../moment.ts';

/** So many runs in a row have a problem before it counts as one of every night: a file may well change once. */
const MANY = 3;

/** Whether `run` says something of the row. One that was stopped, or found no disk, does not. */
export function isDecisive({ outcome }: PastRun): boolean {
  return outcome !== 'stopped' && outcome !== 'waiting';
}

/** The last of `records`, as far back as `is` holds without a gap. */
function streak<T extends PastRecord>(records: readonly T[], is: (record: T) => boolean): readonly T[] {
  return records.slice(records.findLastIndex((record) => !is(record)) + 1);
}

/** The first of a streak, and what it follows, without which others might seem to belong to it. */
function begin<T extends PastRecord>(records: readonly T[], is: (record: T) => boolean): readonly T[] {
  const at = records.findLastIndex((record) => !is(record));
  return records.slice(Math.max(0, at), at + 2);
}

/** `since 2026-11-19 02:00`: since when `is` holds of the last `records`, the very last one included. */
export function sinceText<T extends PastRecord>(records: readonly T[], is: (record: T) => boolean): string {
  const [first] = streak(records, is);
  return first === undefined ? 'now' : `since ${formatLocal(new Date(first.started))}`;
}

const isMissing = ({ missing = 0 }: PastRun): boolean => missing > 0;
const hasSkipped = ({ skipped = 0 }: PastRun): boolean => skipped > 0;

type Rotating = PastRun | PastRemoval;

const isHeldBack = ({ heldBack }: Rotating): boolean => heldBack !== undefined;
const hasHindrance = ({ missing = 0, guards }: PastRun): boolean => missing > 0 || guards.length > 0;

/**
 * Those that have rotated, or should have, or show that nothing keeps the next one from it. A run that changes nothing
 * rotates nothing: it shows so much only where the run before a rotation that was held back could not read something, or
 * met a guard. Whether a snapshot can be removed by now, only the next rotation finds out.
 */
function rotatingOf(records: readonly PastRecord[]): readonly Rotating[] {
  const found: Rotating[] = [];
  let isHindered = false;
  let mayBeClear = true;
  for (const record of records) {
    const isUnchanged = record.outcome === 'unchanged';
    if (isRun(record) && isSuccess(record)) isHindered = hasHindrance(record);
    if (record.outcome === 'written' || record.outcome === 'prune') {
      found.push(record);
      mayBeClear = !isHeldBack(record) || isHindered;
    } else if (isUnchanged && !isHindered && mayBeClear) found.push(record);
  }
  return found;
}

/** What is in the source, and not in the snapshots. */
export function missingFailures(runs: readonly PastRun[]): readonly string[] {
  const successes = runs.filter(isSuccess);
  const { missing = 0, skipped = 0 } = successes.at(-1) ?? {};
  if (missing > 0) {
    const since = sinceText(successes, isMissing);
    return [`${formatCountOf(missing, 'file or folder', 'files or folders')} could not be read, ${since}`];
  }
  if (streak(successes, hasSkipped).length < MANY) return [];
  const since = sinceText(successes, hasSkipped);
  return [`each run has problems, ${since}: the last one ${formatCountOf(skipped, 'file')}`];
}

/** What was accepted, so that nobody forgets it, and what is no matter as long as it is not one of every night. */
export function missingNotes(runs: readonly PastRun[]): readonly string[] {
  const { known = 0, skipped = 0 } = runs.findLast(isSuccess) ?? {};
  const isToldAlready = skipped === 0 || missingFailures(runs).length > 0;
  return [
    ...(known === 0 ? [] : [`${formatCountOf(known, 'known problem')}, which the last run passed over`]),
    ...(isToldAlready
      ? []
      : [`the last run had problems: ${formatCountOf(skipped, 'file')} that vanished or changed meanwhile`]),
  ];
}

/** Snapshots that should have been removed, and were not. */
export function heldBackFailures(records: readonly PastRecord[]): readonly string[] {
  const rotating = rotatingOf(records);
  const why = rotating.at(-1)?.heldBack;
  return why === undefined ? [] : [`rotation is held back, ${sinceText(rotating, isHeldBack)}: ${why}`];
}

/** What a prune was held back by is told by the run before it. */
function runBefore(records: readonly PastRecord[], one: Rotating | undefined): PastRecord | undefined {
  if (one?.outcome !== 'prune') return undefined;
  return records.slice(0, records.indexOf(one)).filter(isRun).findLast(isSuccess);
}

/** Whether a run that changed nothing counts is told by the last rotation before it. */
function rotationBefore(rotating: readonly Rotating[], one: Rotating | undefined): Rotating | undefined {
  if (one?.outcome !== 'unchanged') return undefined;
  return rotating.slice(0, rotating.indexOf(one)).findLast(({ outcome }) => outcome !== 'unchanged');
}

/** Those of `records` that make up what is said here, also when others follow. */
export function streaksOf(records: readonly PastRecord[]): readonly (PastRecord | undefined)[] {
  const runs = records.filter(isRun);
  const decisive = runs.filter(isDecisive);
  const successes = runs.filter(isSuccess);
  const rotating = rotatingOf(records);
  const shown = [...begin(rotating, isHeldBack), rotating.at(-1)];
  const held = [...shown, ...shown.map((one) => rotationBefore(rotating, one))];
  const guards = successes.at(-1)?.guards ?? [];
  return [
    decisive.at(-1),
    ...guards.flatMap((guard) => begin(successes, (one) => one.guards.includes(guard))),
    ...begin(successes, isMissing),
    ...begin(successes, hasSkipped),
    ...successes.slice(-MANY),
    ...held,
    ...held.map((one) => runBefore(records, one)),
    records.findLast(isRemoval),
  ];
}
