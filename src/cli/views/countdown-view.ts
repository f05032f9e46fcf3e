import { tellUsers } from '../../host/announce.ts';
import { countDown } from '../../host/countdown.ts';
import { shutDown } from '../../host/shutdown.ts';
import type { RunView } from '../../jobs/nightly/run-view.ts';

/** `unless-failed`: not when a row failed or the run was stopped. */
export type ShutdownChoice = 'unless-failed' | 'always';

/** Long enough to notice and to stop it. */
const SECONDS = 60;

const COMING =
  `Save your work: this machine shuts down in ${SECONDS} seconds, as a backup is done. ` +
  'Who started it can stop that with `snapshot shutdown --cancel`.';
const CANCELLED = 'The shutdown is cancelled: this machine stays on.';

/**
 * Tells all who are logged in, counts down, and shuts the machine down, unless a row failed or the user says no.
 * The system itself knows nothing of it before the countdown has ended, so that a process that is killed takes its
 * shutdown with it.
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
    view.shutdown(`Not shutting down, as ${cancelled.aborted ? 'the run was stopped' : 'a row failed'}.`);
    return status;
  }
  const tell = async (text: string): Promise<void> => {
    const problem = await tellUsers(text, SECONDS);
    if (problem !== undefined) view.warn(problem);
  };
  let told: Promise<void> | undefined;
  const tick = (left: number): void => {
    view.countdown(left);
    // Not before it can be cancelled; and beside the countdown, which need not wait for it.
    told ??= tell(COMING);
  };
  const outcome = await countDown({ seconds: SECONDS, tick, cancelled, stateFolder });
  await told;
  if (outcome === 'cancelled') {
    view.shutdown('The shutdown is cancelled.');
    await tell(CANCELLED);
    return status;
  }
  view.shutdown('Shutting down.');
  try {
    await shutDown();
  } catch (error) {
    await tell(CANCELLED);
    throw error;
  }
  return status;
}
