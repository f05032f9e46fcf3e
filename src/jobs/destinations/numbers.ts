// The numbers that a row has given at any of its destinations, also at those that are away: they are never given twice.
import { SnapshotError } from '../../base/errors.ts';
import { NO_NUMBERS, type Numbers, numbersOf } from '../../series/order.ts';
import type { AtDestination } from '../run/at-destination.ts';
import { type Memory, withSeries } from '../status/memory.ts';
import type { Place } from './places.ts';

/** What the snapshots that are there say, and what this machine remembers of others. */
export async function numbersGiven(
  all: readonly AtDestination[],
  there: readonly Place[],
  memory: Memory | undefined,
): Promise<Numbers> {
  let numbers = there.map(({ survey }) => numbersOf(survey.snapshots)).reduce(highest, NO_NUMBERS);
  for (const { destination, name } of all.map(({ row }) => row)) {
    try {
      const known = await memory?.find(destination);
      numbers = highest(numbers, known?.series.find((one) => one.name === name)?.numbers ?? NO_NUMBERS);
    } catch (error) {
      // Whoever looks at the disk tells of it.
      if (!(error instanceof SnapshotError)) throw error;
    }
  }
  return numbers;
}

/** Remembers them for a destination. @param note - Told when that cannot be done. */
export async function rememberNumbers(
  memory: Memory | undefined,
  { row: { destination, name } }: AtDestination,
  numbers: Numbers,
  note: (message: string) => void,
): Promise<void> {
  try {
    const known = (await memory?.find(destination))?.series.find((one) => one.name === name)?.numbers;
    if (known?.sequence === numbers.sequence && known.archive === numbers.archive) return;
    await memory?.update(destination, (all) => withSeries(all, name, (one) => ({ ...one, numbers })));
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    note(`this machine will not remember the numbers of this run: ${error.message}`);
  }
}

export function highest(a: Numbers, b: Numbers): Numbers {
  return { sequence: Math.max(a.sequence, b.sequence), archive: Math.max(a.archive, b.archive) };
}
