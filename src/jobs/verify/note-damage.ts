import { SnapshotError } from '../../base/errors.ts';
import { lookedAgain, readDamage, writeDamage } from '../../series/damage/damage.ts';
import { findLosses } from '../../series/damage/losses.ts';
import type { DamageRecord } from '../../series/runs-log.ts';
import type { Series } from '../../series/series.ts';
import { recordOf } from '../run/row-damage.ts';
import { type Seen, sightOf } from './verify-sight.ts';

/**
 * Notes in damage.json what a verify has found, and takes back what it has read and found sound: runs act on it.
 * Read anew right before it is written, as a run may have come between.
 *
 * @param at - What `--at` said.
 * @returns What is known now; undefined when it cannot be noted.
 */
export async function noteDamage(
  series: Series,
  seen: Seen,
  at: string | undefined,
  note: (message: string) => void,
): Promise<DamageRecord | undefined> {
  try {
    const survey = await series.survey();
    const before = await readDamage(series);
    // Only who has read everything knows better than a file that cannot be read.
    const trouble = seen.by === 'full' && at === undefined ? undefined : before.trouble;
    const flaws = lookedAgain(before.flaws, sightOf(seen, survey, new Date()));
    const { losses } = await findLosses(series, survey.snapshots, flaws);
    const isNews = flaws.size > 0 || before.flaws.size > 0 || before.trouble !== undefined;
    if (isNews && trouble === undefined) await writeDamage(series, { flaws, losses });
    return recordOf({ flaws, losses, trouble }, survey.snapshots);
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    note(`what was found is not noted, so the next run will not write it again: ${error.message}`);
    return undefined;
  }
}
