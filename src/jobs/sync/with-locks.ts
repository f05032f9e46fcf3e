import { type Locked, lockSide } from '../../sync/lock.ts';
import type { Sides } from '../../sync/see.ts';

/**
 * Does `work` while nobody else syncs either side.
 *
 * @param work - Gets what throws once a lock is lost, to be called before each step.
 * @throws {@link SnapshotError} `E_LOCKED`
 */
export async function withLocks<T>(sides: Sides, work: (needLocks: () => void) => Promise<T>): Promise<T> {
  let lost: Error | undefined;
  const locks: Locked[] = [];
  try {
    // Always in the same order: two that want the same pair from both ends do not wait for each other.
    for (const side of [sides.here, sides.there].toSorted((a, b) => (a.address < b.address ? -1 : 1)))
      locks.push(await lockSide(side, (error) => (lost = error)));
    return await work(() => {
      if (lost !== undefined) throw lost;
    });
  } finally {
    for (const lock of locks) await lock.release();
  }
}
