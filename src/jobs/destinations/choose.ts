import type { Row } from '../../plan/plan.ts';
import { parseFolderPast } from '../../series/folder-state.ts';
import { inOrder } from '../../series/order.ts';
import { readPins } from '../../series/pins.ts';
import { RUNS_FILE } from '../../series/runs-log.ts';
import type { Series, Snapshot, Survey } from '../../series/series.ts';
import { decideRotation } from '../run/rotate.ts';

/**
 * What of `missing` is to be brought to a destination: what the next rotation there would let go is not, and what was removed
 * there does not come back, unless it is the newest of all and nothing else is missing.
 *
 * @param from - Where pins are looked for.
 */
export async function chooseFor(
  row: Row,
  to: Series,
  from: Series,
  missing: readonly Snapshot[],
  there: Pick<Survey, 'snapshots'>,
  now: Date,
): Promise<readonly Snapshot[]> {
  if (missing.length === 0) return [];
  const union = inOrder([...there.snapshots, ...missing], now);
  const plan = await decideRotation({ row, series: to, started: now }, { snapshots: union }, undefined);
  const letGo = new Set(plan.remove.map(({ name }) => name));
  const pinned = await readPins(
    from,
    missing.filter(({ name }) => letGo.has(name)),
  );
  const kept = missing.filter(({ name }) => !letGo.has(name) || pinned.has(name));
  // Most nights only the newest one is missing, which is brought in any case, and the log need not be read.
  const isNewest = kept.length === 1 && kept[0]?.name === union.at(-1)?.name;
  if (isNewest || there.snapshots.length === 0) return kept;
  const { removed } = parseFolderPast((await to.store.readLines(to.key(RUNS_FILE), Infinity)).text);
  return kept.filter(({ name }) => !removed.has(name));
}
