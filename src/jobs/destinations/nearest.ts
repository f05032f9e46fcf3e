// Where a row with several destinations is read from.
import { SnapshotError } from '../../base/errors.ts';
import { addressKind } from '../../base/address.ts';
import type { Row } from '../../plan/plan.ts';
import type { Together } from '../../plan/together.ts';
import { snapshotTime } from '../../series/names.ts';
import { NO_NUMBERS, numbersOf } from '../../series/order.ts';
import { Series } from '../../series/series.ts';
import { outOfReach } from '../reach.ts';
import type { Recall } from '../status/memory.ts';
import { storeOf } from '../store-of.ts';

/** A series, and where else it lies. */
export interface Nearest {
  readonly series: Series;
  /** The nearest first. Whether they are there was not looked at. */
  readonly others: readonly Series[];
}

/**
 * The nearest destination that answers and has snapshots: one of this machine before one far away. One that this machine knows
 * to lack the newest snapshot comes after all others.
 *
 * @throws {@link SnapshotError} `E_STORE` when none answers.
 */
export async function nearestOf(rows: Together<Row>, recall: Recall): Promise<Nearest> {
  const sorted = rows.toSorted((a, b) => Number(isFar(a)) - Number(isFar(b)));
  const all = sorted.map((row) => ({ row, series: new Series(storeOf(row), row.name) }));
  const whyNot: string[] = [];
  const older: Series[] = [];
  for (const { row, series } of all) {
    const why = await whyNotThere(series, row, recall);
    if (why !== undefined) whyNot.push(`"${series.place()}": ${why}`);
    else if (await isOlder(series, rows, recall)) older.push(series);
    else return placed(series, all);
  }
  const [best] = older;
  if (best !== undefined) return placed(best, all);
  throw new SnapshotError(
    'E_STORE',
    `No destination of \`${rows[0].name}\` can be read: ${whyNot.join('; ')}`,
    { hint: 'Nothing was looked at. Connect one of them, and try again.' },
  );
}

function placed(series: Series, all: readonly { readonly series: Series }[]): Nearest {
  return { series, others: all.flatMap((one) => (one.series === series ? [] : [one.series])) };
}

function isFar({ destination }: Row): boolean {
  return addressKind(destination) !== undefined;
}

async function whyNotThere(series: Series, row: Row, recall: Recall): Promise<string | undefined> {
  try {
    const out = await outOfReach(series, row, recall, new Date());
    if (out !== undefined) return out.message;
    const items = await series.store.list(series.name);
    return items.some(({ name }) => snapshotTime(name) !== undefined) ? undefined : 'no snapshot is there';
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return error.message;
  }
}

/** Whether a number was given that is higher than any there. */
async function isOlder(series: Series, rows: Together<Row>, recall: Recall): Promise<boolean> {
  let given = NO_NUMBERS.sequence;
  for (const { destination, name } of rows) {
    const known = (await recall(destination))?.series.find((one) => one.name === name);
    given = Math.max(given, known?.numbers?.sequence ?? 0);
  }
  // Where the machine remembers nothing, nothing is asked.
  return given > 0 && numbersOf((await series.survey()).snapshots).sequence < given;
}
