// The destinations of a row that are there, and which of them has the newest state.
import { SnapshotError } from '../../base/errors.ts';
import { readDamage } from '../../series/damage/damage.ts';
import { lookOver, placesOf } from '../../series/damage/look-over.ts';
import type { Survey } from '../../series/series.ts';
import type { AtDestination } from '../run/at-destination.ts';
import type { Settled } from '../run/run-options.ts';
import { findStranger, refuseStranger } from '../run/whose.ts';
import { forkOf } from '../copy/same-series.ts';

/** A destination that is there, as it was found. */
export interface Place {
  readonly at: AtDestination;
  readonly survey: Survey;
  /** Whether something of the newest snapshot is damaged there. */
  readonly isHurt: boolean;
  /** By what it says, the series there is not the row's. */
  readonly isStranger: boolean;
}

/** Looks at a destination that was reached. What keeps it from being looked at is how it ended. */
export async function lookAt(
  at: AtDestination,
  { adopt, machine }: Pick<Settled, 'adopt' | 'machine'>,
): Promise<Place | undefined> {
  try {
    const { series } = at;
    const survey = await series.survey(at.started);
    const newest = survey.snapshots.at(-1);
    const isStranger = adopt !== true && (await findStranger(series, at.row, machine)) !== undefined;
    if (newest === undefined) return { at, survey, isHurt: false, isStranger };
    const { found } = await lookOver(series, [newest]);
    const { flaws } = await readDamage(series);
    const isHurt = found.size > 0 || placesOf(newest).some((place) => flaws.has(place));
    return { at, survey, isHurt, isStranger };
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    at.fail(error);
    return undefined;
  }
}

/** Those with the newest snapshot first, and of these, those that have it whole; else in the order of the plan. */
export function newestFirst(places: readonly Place[]): readonly Place[] {
  return places.toSorted((a, b) => compareNewest(b, a) || Number(a.isHurt) - Number(b.isHurt));
}

/** Below 0 where `b` has a newer snapshot than `a`. */
export function compareNewest({ survey: a }: Place, { survey: b }: Place): number {
  const [one, other] = [a.snapshots.at(-1), b.snapshots.at(-1)];
  const bySequence = (one?.info.sequence ?? 0) - (other?.info.sequence ?? 0);
  if (bySequence !== 0) return bySequence;
  // Those of earlier versions have no number, and names that only grow.
  const [name, otherName] = [one?.name ?? '', other?.name ?? ''];
  return name === otherName ? 0 : name < otherName ? -1 : 1;
}

/**
 * Those in which the row may be run, and those that may be brought up. A series that is not the row's by what it says, and has
 * nothing in common with one that is, is refused; one that has was away while the row has changed hands.
 */
export async function sortOut(
  there: readonly Place[],
  { machine }: Pick<Settled, 'machine'>,
): Promise<{ readonly own: readonly Place[]; readonly related: readonly Place[] }> {
  const own = there.filter(({ isStranger }) => !isStranger);
  const related: Place[] = [];
  for (const place of there.filter(({ isStranger }) => isStranger)) {
    if (own.some((one) => isRelated(one, place))) related.push(place);
    else
      await refuseStranger(place.at.series, place.at.row, machine).catch((error: unknown) =>
        place.at.fail(error),
      );
  }
  return { own, related };
}

function isRelated({ survey: a }: Place, { survey: b }: Place): boolean {
  const names = new Set(a.snapshots.map(({ name }) => name));
  return b.snapshots.some(({ name }) => names.has(name)) && forkOf(a.snapshots, b.snapshots) === undefined;
}
