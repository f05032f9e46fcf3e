import { countDown } from '../host/countdown.ts';
import { shutDown } from '../host/shutdown.ts';
import type { RunView } from './run-view.ts';

/** `unless-failed`: not when a row failed or the run was stopped. */
export type ShutdownChoice = 'unless-failed' | 'always';

/** Long enough to notice and to stop it. */
const SECONDS = 60;

/**
 * Counts down and shuts the machine down, unless a row failed or the user says no.
 *
 * @param status - Of the run; returned as it is.
 */
export async function shutDownAfter(
  choice: ShutdownChoice,
  status: number,
  hasFailed: boolean,
  cancelled: AbortSignal,
  stateFolder: string,
  view: RunView,
): Promise<number> {
  if (cancelled.aborted || (choice !== 'always' && hasFailed)) {
    view.shutdown('Not shutting down, as a row failed.');
    return status;
  }
  const tick = (left: number): void => view.countdown(left);
  if ((await countDown({ seconds: SECONDS, tick, cancelled, stateFolder })) === 'cancelled') {
    view.shutdown('The shutdown is cancelled.');
    return status;
  }
  view.shutdown('Shutting down.');
  await shutDown();
  return status;
}
