import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { SnapshotError, systemCode } from '../../base/errors.ts';
import { loadPlan, type Plan } from '../../plan/plan.ts';

/** The file is looked at so often. */
const LOOK_MS = 5000;
/** After so many looks it is read in any case: what its globs match, and files of patterns or keys that it names, may have changed. */
const READ_LOOKS = 12;

/**
 * Waits until the plan in `file` is another one than `current`, and has no mistake: until then the old one goes on.
 *
 * @param warn - Told of mistakes, once for each change of the file.
 * @param lookMs - How long it waits before each look.
 * @returns The new one; undefined when `signal` was aborted before.
 */
export async function changedPlan(
  file: string,
  current: Plan,
  signal: AbortSignal,
  warn: (message: string) => void,
  lookMs: number = LOOK_MS,
): Promise<Plan | undefined> {
  // What it was when `current` was read nobody knows: it may have changed since, as while a watch of the one before came to its end.
  let seen: string | undefined;
  let warned = '';
  for (let look = 1; ; look++) {
    await delay(lookMs, undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) return undefined;
    const stamp = await stampOf(file);
    if (stamp === seen && look % READ_LOOKS !== 0) continue;
    if (stamp !== seen) warned = '';
    seen = stamp;
    try {
      const plan = await loadPlan(file);
      if (!isDeepStrictEqual(plan, current)) return plan;
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      if (error.message === warned) continue;
      warned = error.message;
      warn(`the plan was changed, and the one before goes on: ${error.message}`);
    }
  }
}

/** Tells one state of a file from others. */
async function stampOf(file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file);
    return `${mtimeMs} ${size} ${ino}`;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return '';
  }
}
