// Whether a series can be looked into at all: of what was not looked at, nothing is said but that.
import { isThere } from '../host/file-systems.ts';
import { DEFAULT_EVERY_MS } from '../plan/every.ts';
import type { Row } from '../plan/plan.ts';
import { snapshotTime } from '../series/names.ts';
import type { Series } from '../series/series.ts';
import { findAway } from './run/away.ts';
import { mountDoubt } from './run/mount-doubt.ts';
import type { Recall } from './status/memory.ts';

/** Why a series could not be looked into. */
export interface OutOfReach {
  readonly message: string;
  /** Its disk is known, and is not there; otherwise nothing is known of one. */
  readonly isAway: boolean;
  /** It has been away for so long that its row is overdue. */
  readonly isOverdue: boolean;
}

const UNKNOWN = { isAway: false, isOverdue: false };

/**
 * Why there is nothing to see of `series`: its disk is known to be away, its destination does not exist, or is a place for
 * a disk that is empty. Undefined when it can be looked into.
 *
 * @param row - The one of the plan that makes it.
 */
export async function outOfReach(
  series: Series,
  row: Row | undefined,
  recall: Recall,
  now: Date,
): Promise<OutOfReach | undefined> {
  const { store, name } = series;
  const { folder, label } = store;
  const away = await findAway(series, row?.every ?? DEFAULT_EVERY_MS, await recall(label), now);
  if (away !== undefined) return { message: away.message, isAway: true, isOverdue: away.isOverdue };
  if (folder === undefined || !series.hasSnapshots) return undefined;
  if (!(await isThere(folder))) {
    return { ...UNKNOWN, message: `"${folder}" does not exist: is its disk connected?` };
  }
  const items = await store.list(name);
  if (items.some((item) => snapshotTime(item.name) !== undefined)) return undefined;
  const doubt = await mountDoubt(folder);
  return doubt && { ...UNKNOWN, message: `${doubt.message}: is its disk connected?` };
}
