// The user's own commands around a run.
import { EXIT_STATUS, gravestStatus, SnapshotError } from '../../base/errors.ts';
import type { RunOutcome } from './notice.ts';

/** EX_TEMPFAIL of sysexits(3): not now. */
const NOT_NOW = 75;

export const SKIPPED: string = `Skipped: the command before the run ended with ${NOT_NOW}.`;

/**
 * Runs the command before a run.
 *
 * @returns Whether to go on: false when it says that now is not the time.
 * @throws {@link SnapshotError} `E_HOOK` when it fails, `E_STOPPED` when `signal` aborts.
 */
export async function runBefore(command: string, signal: AbortSignal): Promise<boolean> {
  const { runHook } = await import('../../host/hook.ts');
  const status = await runHook(command, { signal });
  if (signal.aborted) {
    throw new SnapshotError('E_STOPPED', 'Stopped by the user, in the command before the run');
  }
  if (status === NOT_NOW) return false;
  if (status === 0) return true;
  throw new SnapshotError('E_HOOK', `The command before the run failed with status ${status}`, {
    hint: `Nothing was backed up. A command that ends with ${NOT_NOW} skips the run instead.`,
  });
}

/**
 * Runs the command after a run, which learns how it went.
 *
 * @param stop - Aborted already: the command runs all the same, as it may have to clear up.
 * @returns `outcome`, graver when the command failed.
 */
export async function runAfter(
  command: string,
  outcome: RunOutcome,
  about: { readonly outcome: string },
  stop: AbortSignal,
): Promise<RunOutcome> {
  const { runHook } = await import('../../host/hook.ts');
  const env = { SNAPSHOT_STATUS: String(outcome.status), SNAPSHOT_OUTCOME: about.outcome };
  const signal = stop.aborted ? undefined : stop;
  const status = await runHook(command, { env, input: `${JSON.stringify(about)}\n`, signal });
  if (status === 0) return outcome;
  return {
    ...outcome,
    status: gravestStatus([outcome.status, signal?.aborted === true ? 130 : EXIT_STATUS.E_HOOK]),
    notes: [...outcome.notes, `The command after the run failed with status ${status}`],
  };
}
