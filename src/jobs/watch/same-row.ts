// What a changed plan leaves as it was.
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isInside, realPlace } from '../../plan/place.ts';
import type { Plan, Row } from '../../plan/plan.ts';
import { rowLabel } from '../../plan/row-label.ts';
import type { Apart } from '../../tree/apart.ts';
import { readMounts } from '../../tree/mounts.ts';
import { SeriesPlaces } from '../run/series-places.ts';

/** A row, and the plan that it is in. */
export interface RowOfPlan {
  readonly plan: Plan;
  readonly row: Row;
}

/** Whether two rows are one, and the rest of their plans is the same for them: what they are called by, and what of their source is left out. */
export async function isSameRow(one: RowOfPlan, other: RowOfPlan): Promise<boolean> {
  // A line that was put before it makes no other row of it.
  if (!isDeepStrictEqual({ ...one.row, line: 0 }, { ...other.row, line: 0 })) return false;
  const [before, now] = await Promise.all(
    [one, other].map(async ({ plan, row }) => ({
      label: rowLabel(row, activeIn(plan)),
      leftOut: await leftOutOf(plan, row),
    })),
  );
  return isDeepStrictEqual(before, now);
}

export function activeIn({ rows }: Plan): readonly Row[] {
  return rows.filter(({ active }) => active);
}

/** Series of the plan in the source of `row`. Where something is mounted in it, any of them may be. */
async function leftOutOf(plan: Plan, row: Row): Promise<readonly Apart[]> {
  const all = await new SeriesPlaces(plan.rows).apartFrom(row);
  const source = await realPlace(row.source);
  const points = (readMounts() ?? []).map(({ point }) => Buffer.from(point, 'latin1').toString());
  if (points.some((point) => point !== source && isInside(point, source))) return all;
  const places = await Promise.all(all.map(async ({ place, way }) => await realPlace(join(place, ...way))));
  return all.filter((_, i) => isInside(places[i] ?? '', source));
}
