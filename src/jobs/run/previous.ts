import type { RowContext } from './row-context.ts';
import { SnapshotError } from '../../base/errors.ts';
import { Holdings } from '../../series/holdings.ts';
import type { Series, Snapshot, Survey } from '../../series/series.ts';
import { oddOnes } from '../odd-time.ts';
import type { PreviousCursor } from '../../tree/previous-cursor.ts';
import { warnOfGone } from './warn-of-gone.ts';
import { type DamageOptions, RowDamage } from './row-damage.ts';

/** What a run compares with. */
export interface Previous {
  readonly survey: Survey;
  /** The newest whole snapshot whose index can be read; undefined when there is none. */
  readonly newest: Snapshot | undefined;
  /** Its entries, in path order. */
  readonly entries: PreviousCursor;
  /** What it holds, as far as `entries` has come. */
  readonly holdings: Holdings;
  /** What is damaged in the series. */
  readonly damage: RowDamage;
}

/** A cursor over no entries. */
const NOTHING: PreviousCursor = {
  peek: () => undefined,
  remove: () => {},
  match: () => {},
  skipSame: () => false,
};

/** What is wrong with a damaged snapshot and what to do about it, in one line. */
export function whatAndWayOut({ message, hint }: SnapshotError): string {
  return hint === undefined ? message : `${message}; ${hint}`;
}

/** @param options - Its `note` is told of snapshots that are damaged, and so are not compared with. */
async function findPrevious(series: Series, options: DamageOptions): Promise<Previous> {
  const { note, now } = options;
  const survey = await series.survey(now);
  for (const { error } of survey.damaged) note(whatAndWayOut(error));
  for (const odd of oddOnes(survey.snapshots)) note(odd);
  for (const name of survey.foreign) note(`${name} is no folder, and so no snapshot; it stays`);
  const damage = await RowDamage.find(series, survey, options);
  for (const newest of survey.snapshots.toReversed()) {
    try {
      const entries = await series.index(newest);
      return { survey, newest, entries, holdings: entries.holdings, damage };
    } catch (error) {
      if (!(error instanceof SnapshotError) || error.code !== 'E_DAMAGED') throw error;
      note(`${error.message}; comparing with the snapshot before it`);
    }
  }
  return { survey, newest: undefined, entries: NOTHING, holdings: new Holdings(), damage };
}

/** What the run of a row is compared with. */
export async function openPrevious(context: RowContext): Promise<Previous> {
  const { series, options, report, started } = context;
  const { dryRun, acceptChanges: accept } = options;
  const note = (message: string): void => report.note(message);
  const previous = await findPrevious(series, { accept, dryRun, now: started, note });
  await warnOfGone(context, previous.survey);
  return previous;
}
