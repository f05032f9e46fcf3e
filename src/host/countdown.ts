import { access, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { reasonOf, SnapshotError, systemCode } from '../base/errors.ts';
import { ensureFolder } from '../base/ensure-folder.ts';
import { currentOwner, ownerState, type Owner } from './machine.ts';

/**
 * A countdown under way keeps `shutdown-pending-PID.json`, its {@link Owner}, in the state folder. Removing
 * that file is the request to cancel: so no request can be left over, and each countdown has its own.
 */
const PENDING_FILE = /^shutdown-pending-\d+\.json$/;

export interface Countdown {
  /** Its length in seconds. */
  readonly seconds: number;
  /** Called at once and then every second with the seconds left, down to 1. */
  readonly tick: (secondsLeft: number) => void;
  readonly cancelled: AbortSignal;
  /** Made when missing. */
  readonly stateFolder: string;
  /** Resolves after `ms`, or as soon as `signal` aborts. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Counts down, and resolves `cancelled` within a second of {@link requestCancel}, and at once when the signal
 * aborts.
 *
 * @throws {@link SnapshotError} `E_HOST` when the state folder cannot be written: nobody could cancel then.
 */
export async function countDown(countdown: Countdown): Promise<'done' | 'cancelled'> {
  const { seconds, tick, cancelled, stateFolder, sleep = sleepUnlessAborted } = countdown;
  if (cancelled.aborted) return 'cancelled';
  const pending = await announce(stateFolder);
  try {
    for (let left = seconds; left > 0; left -= 1) {
      tick(left);
      await sleep(1000, cancelled);
      if (cancelled.aborted || !(await exists(pending))) return 'cancelled';
    }
    return 'done';
  } finally {
    // It is gone when it was cancelled. One that stays is harmless: the next request clears it away.
    await rm(pending).catch(() => undefined);
  }
}

/**
 * Cancels every countdown that is announced in `stateFolder`.
 *
 * @param stateFolder - The one that {@link countDown} was given.
 * @returns Whether one was under way.
 * @throws {@link SnapshotError} `E_HOST` when the state folder cannot be read or written.
 */
export async function requestCancel(stateFolder: string, self: Owner = currentOwner()): Promise<boolean> {
  try {
    const pending = (await namesIn(stateFolder)).filter((name) => PENDING_FILE.test(name));
    const wereUnderWay = await Promise.all(
      pending.map(async (name) => {
        const file = join(stateFolder, name);
        const isUnderWay = await isCounting(file, self);
        await rm(file, { force: true });
        return isUnderWay;
      }),
    );
    return wereUnderWay.includes(true);
  } catch (cause) {
    const message = `Cannot cancel the shutdown in "${stateFolder}": ${reasonOf(cause)}`;
    throw new SnapshotError('E_HOST', message, { cause, hint: 'Press Ctrl-C where it counts down.' });
  }
}

async function announce(stateFolder: string): Promise<string> {
  const owner = currentOwner();
  const pending = join(stateFolder, `shutdown-pending-${owner.pid}.json`);
  try {
    await ensureFolder(stateFolder, 0o700);
    await writeFile(pending, JSON.stringify(owner), { mode: 0o600 });
  } catch (cause) {
    const message = `Cannot announce the shutdown in "${stateFolder}": ${reasonOf(cause)}`;
    throw new SnapshotError('E_HOST', message, { cause, hint: 'The machine stays on.' });
  }
  return pending;
}

async function isCounting(file: string, self: Owner): Promise<boolean> {
  try {
    const owner: Owner = JSON.parse(await readFile(file, 'utf8'));
    return ownerState(owner, self) !== 'dead';
  } catch (error) {
    // Not whole: its countdown is beginning. One that cannot be read may count as well, and is cancelled.
    return systemCode(error) !== 'ENOENT';
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}

async function sleepUnlessAborted(ms: number, signal: AbortSignal): Promise<void> {
  // An abort is the only thing it rejects for.
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
