// Follows all the time: asks for changes each few seconds, and less often while the server is away.
import { setTimeout as delay } from 'node:timers/promises';
import { SnapshotError } from '../../base/errors.ts';
import type { Follower, RoundResult } from './follower.ts';

export interface KeepFollowing {
  readonly signal: AbortSignal;
  /** Told of each round that did something, or ended in another way than the one before, and of the first. */
  readonly told: (result: RoundResult) => void;
  /** Told once why nothing can be followed now. It is tried again. */
  readonly away: (error: SnapshotError) => void;
  /** Told when it can again. */
  readonly back: () => void;
}

const POLL_MS = 2000;
/** While nothing can be done, it waits twice as long each time, up to this. */
const LONGEST_MS = 60_000;
/** So often all files here are looked at. */
const LOOK_MS = 3_600_000;

/** Waits for these end by themselves, or by what somebody does elsewhere. */
const PASSING: ReadonlySet<string> = new Set(['E_AWAY', 'E_SPACE']);

/**
 * Runs until `signal` is aborted.
 *
 * @returns The exit status: what the last round came to.
 * @throws {@link SnapshotError} `E_AUTH` when the token is refused, and others that no waiting mends.
 */
export async function keepFollowing(follower: Follower, options: KeepFollowing): Promise<number> {
  const { signal, told, away, back } = options;
  let [status, last, isAway] = [0, '', false];
  /** That of the last round that did anything. */
  let stood = 0;
  let [waitMs, againMs] = [POLL_MS, POLL_MS];
  let againAt = 0;
  let lookAt = performance.now() + LOOK_MS;
  while (!signal.aborted) {
    try {
      const now = performance.now();
      if (now >= lookAt) {
        lookAt = now + LOOK_MS;
        await follower.look();
      }
      const result = await follower.round(now >= againAt);
      if (isAway) back();
      [isAway, waitMs] = [false, POLL_MS];
      if (result !== undefined) {
        stood = statusOf(result);
        const state = JSON.stringify([result.problems, result.guard?.message]);
        const isOther = state !== last;
        if (isOther || hasDone(result)) told(result);
        last = state;
        againMs = isOther ? POLL_MS : Math.min(againMs * 2, LONGEST_MS);
        againAt = performance.now() + againMs;
      }
      status = stood;
    } catch (error) {
      if (signal.aborted) break;
      if (!(error instanceof SnapshotError) || !PASSING.has(error.code)) throw error;
      if (!isAway) away(error);
      [isAway, status] = [true, 1];
      waitMs = Math.min(waitMs * 2, LONGEST_MS);
    }
    await delay(waitMs, undefined, { signal }).catch(() => {});
  }
  return status;
}

/** What a round contributes to the exit status. */
export function statusOf({ guard, problems }: RoundResult): number {
  if (guard !== undefined) return 4;
  return problems.length > 0 ? 3 : 0;
}

function hasDone({ fetched, copied, moved, retimed, removed, versions }: RoundResult): boolean {
  return fetched + copied + moved + retimed + removed + versions > 0;
}
