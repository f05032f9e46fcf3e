// What differs between two snapshots of a series.
import { SnapshotError } from '../../base/errors.ts';
import type { EntryLines } from '../../series/index/entry-lines.ts';
import type { IndexEntry } from '../../series/index/index-line.ts';
import type { Series, Snapshot, Survey } from '../../series/series.ts';
import type { Entry } from '../../tree/entry.ts';
import { comparePaths } from '../../tree/path.ts';
import { chooseSnapshot } from '../address.ts';
import type { PathChange } from './branches.ts';
import { type Difference, findMoves } from './difference.ts';

/** What is compared: a snapshot with a later one, or with the source as it is now. */
export interface Range {
  readonly from: Snapshot;
  /** Undefined: the source as it is now. */
  readonly to: Snapshot | undefined;
}

const NOW = 'now';

/**
 * What a user means by up to two WHENs: without any, the last two snapshots; with one, from there to the latest;
 * with `now` alone, from the latest to the source.
 *
 * @returns Undefined when the series has one snapshot so far, which there is none to compare with.
 * @throws {@link SnapshotError} `E_USAGE` when there is no such snapshot, or `now` is not the last one.
 */
export function chooseRange(
  survey: Survey,
  first: string | undefined,
  second: string | undefined,
): Range | undefined {
  if (first?.toLowerCase() === NOW) {
    if (second === undefined) return { from: chooseSnapshot(survey, undefined), to: undefined };
    throw new SnapshotError('E_USAGE', '`now` comes last: what is compared with the source goes before it');
  }
  if (first !== undefined) {
    const from = chooseSnapshot(survey, first);
    return { from, to: second?.toLowerCase() === NOW ? undefined : chooseSnapshot(survey, second) };
  }
  const to = chooseSnapshot(survey, undefined);
  const from = survey.snapshots.at(-2);
  return from === undefined ? undefined : { from, to };
}

/** All differences between two snapshots, in path order. Only what differs is held in memory. @throws E_DAMAGED */
export async function diffSnapshots(
  series: Series,
  from: Snapshot,
  to: Snapshot,
): Promise<readonly Difference[]> {
  const [before, after] = [await series.entryLines(from), await series.entryLines(to)];
  return findMoves([...changesBetween(before, after)]);
}

function* changesBetween(before: EntryLines, after: EntryLines): Generator<PathChange> {
  for (;;) {
    const [old, now] = [before.path, after.path];
    if (old === undefined && now === undefined) return;
    const order = old === undefined ? 1 : now === undefined ? -1 : comparePaths(old, now);
    const change = changeAt(order <= 0 ? before : undefined, order >= 0 ? after : undefined);
    if (change !== undefined) yield change;
    if (order <= 0) before.skip();
    if (order >= 0) after.skip();
  }
}

function changeAt(before: EntryLines | undefined, after: EntryLines | undefined): PathChange | undefined {
  // Most lines are the same in both, and need not be parsed.
  if (before !== undefined && after !== undefined && before.text() === after.text()) return undefined;
  const path = (after ?? before)?.path;
  // The root itself is no path of the tree.
  if (path === undefined || path === '') return undefined;
  const [old, now] = [before?.parse(), after?.parse()];
  if (old === undefined) return { kind: 'added', path, reasons: [], before: old, after: now };
  if (now === undefined) return { kind: 'removed', path, reasons: [], before: old, after: now };
  const reasons = reasonsOf(old, now);
  return reasons.length === 0 ? undefined : { kind: 'modified', path, reasons, before: old, after: now };
}

function reasonsOf(before: IndexEntry, after: IndexEntry): string[] {
  const [old, now]: readonly [Entry, Entry] = [before.entry, after.entry];
  if (old.type !== now.type) return ['type'];
  const reasons: string[] = [];
  const isSame = Buffer.compare(before.hash ?? Buffer.alloc(0), after.hash ?? Buffer.alloc(0)) === 0;
  if (!isSame) reasons.push('content');
  if (old.target !== now.target) reasons.push('target');
  if (old.mode !== now.mode) reasons.push('mode');
  return reasons;
}
