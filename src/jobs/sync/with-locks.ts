import { setTimeout as delay } from 'node:timers/promises';
import { SnapshotError } from '../../base/errors.ts';
import type { SideName } from '../../sync/item.ts';
import { type Locked, lockSide } from '../../sync/lock.ts';
import type { Sides } from '../../sync/see.ts';

/** Another sync of one of the sides, as of another pair, is mostly over in a moment: for so long whoever comes again anyway waits. */
export const PATIENCE_MS = 30_000;
const AGAIN_MS = 500;

/** How long another sync of a side is waited for, and what ends that. */
export interface Patience {
  readonly waitMs?: number;
  readonly signal: AbortSignal;
}

/**
 * Does `work` while nobody else syncs either side.
 *
 * @param work - Gets what the locks tell of the sides, and what aborts once one of them is lost: to be looked at before each step.
 * @param note - Told of a lock that could not be removed, which harms nothing that was done; without it, that is thrown.
 * @param patience - Without it, nobody is waited for.
 * @throws {@link SnapshotError} `E_LOCKED`
 */
export async function withLocks<T>(
  sides: Sides,
  work: (locks: Readonly<Record<SideName, Locked>>, lost: AbortSignal) => Promise<T>,
  note?: (message: string) => void,
  patience?: Patience,
): Promise<T> {
  const losing = new AbortController();
  const locks: Partial<Record<SideName, Locked>> = {};
  const lock = async (name: SideName): Promise<Locked> =>
    (locks[name] = await patiently(
      patience,
      async () => await lockSide(sides[name], (error) => losing.abort(error)),
    ));
  try {
    // Always in the same order: two that want the same pair from both ends do not wait for each other.
    if (sides.there.address < sides.here.address) await lock('there');
    const here = await lock('here');
    const there = locks.there ?? (await lock('there'));
    return await work({ here, there }, losing.signal);
  } finally {
    await releaseBoth(sides, locks, note);
  }
}

/** Also where the first one cannot be: the other one would be renewed for as long as this process lives. */
async function releaseBoth(
  sides: Sides,
  locks: Readonly<Partial<Record<SideName, Locked>>>,
  note: ((message: string) => void) | undefined,
): Promise<void> {
  const failed: Error[] = [];
  for (const name of ['here', 'there'] as const)
    await locks[name]?.release().catch((error: unknown) => {
      if (!(error instanceof Error)) throw error;
      if (note === undefined) failed.push(error);
      else note(`The lock of "${sides[name].label}" could not be removed: ${error.message}`);
    });
  const [first] = failed;
  if (first !== undefined) throw first;
}

async function patiently(patience: Patience | undefined, lock: () => Promise<Locked>): Promise<Locked> {
  const untilMs = performance.now() + (patience?.waitMs ?? 0);
  for (;;) {
    try {
      return await lock();
    } catch (error) {
      const isTaken = error instanceof SnapshotError && error.code === 'E_LOCKED';
      if (!isTaken || patience?.signal.aborted !== false || performance.now() >= untilMs) throw error;
    }
    await delay(AGAIN_MS, undefined, { signal: patience.signal });
  }
}
