// Whether what the log of a series tells of is there: names and sizes, as each run looks at them.
import { formatCountOf } from '../../base/amounts.ts';
import { isRemoval, isSuccess, type PastRecord } from '../../series/past.ts';
import { folderOf, readDamage } from '../../series/damage/damage.ts';
import { lookOver } from '../../series/damage/look-over.ts';
import type { Series, Survey } from '../../series/series.ts';

/** Files of snapshots that are missing or have another size, and are in no damage.json yet. @throws E_STORE */
export async function newlyLost(series: Series, survey: Survey, now: Date): Promise<readonly string[]> {
  const { found } = await lookOver(series, survey.snapshots);
  if (found.size === 0) return [];
  const { flaws } = await readDamage(series);
  // What a run has rotated out meanwhile is not missing.
  const there = new Set((await series.survey(now)).snapshots.map(({ name }) => name));
  const lost = [...found].filter(([file]) => !flaws.has(file) && there.has(folderOf(file)));
  const [first] = lost;
  if (first === undefined) return [];
  const [file, { what }] = first;
  const count = formatCountOf(lost.length, 'file of snapshots is', 'files of snapshots are');
  return [
    `${count} not as written: ${file} ${what}${lost.length > 1 ? ', ...' : ''}; the next run looks what it can write again`,
  ];
}

export const NONE_LEFT = 'none of its snapshots is there any more';

/** A snapshot that was deleted, and by nothing of ours. */
export interface GoneSnapshot {
  /** Nor is any other. */
  readonly isAll: boolean;
  readonly message: string;
}

/**
 * A snapshot that the log of this very disk has as the newest, and that is not there.
 *
 * @param logged - As they stand in the log.
 */
export function goneSnapshot(
  logged: readonly PastRecord[],
  { snapshots, damaged }: Pick<Survey, 'snapshots' | 'damaged'>,
): GoneSnapshot | undefined {
  const at = logged.findLastIndex(isSuccess);
  const last = logged[at];
  if (last === undefined || !isSuccess(last) || typeof last.snapshot !== 'string') return undefined;
  const { snapshot } = last;
  if ([...snapshots, ...damaged].some(({ name }) => name === snapshot)) return undefined;
  // By hand, and with a word in the log.
  if (logged.slice(at).some((record) => isRemoval(record) && record.removed.includes(snapshot)))
    return undefined;
  return snapshots.length + damaged.length === 0
    ? { isAll: true, message: NONE_LEFT }
    : { isAll: false, message: `its newest snapshot, ${snapshot}, is not there any more` };
}
