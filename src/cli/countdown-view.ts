import { countDown } from '../host/countdown.ts';
import { shutDown } from '../host/shutdown.ts';
import type { RunView } from './run-view.ts';

/** `unless-failed`: not when a row failed or the run was stopped. */
export type ShutdownChoice = 'unless-failed' | 'always';

/** Long enough to notice and to stop it. */
const SECONDS = 60;

/** Statuses after which the backup is as good as it could be: done, some files unread, a guard held. */
const GOOD: readonly number[] = [0, 3, 4];

/** Counts down and shuts the machine down, unless `status` or the user says no. @returns The exit status. */
export async function shutDownAfter(
  choice: ShutdownChoice,
  status: number,
  cancelled: AbortSignal,
  stateFolder: string,
  view: RunView,
): Promise<number> {
  if (cancelled.aborted || (choice !== 'always' && !GOOD.includes(status))) {
    view.shutdown('Not shutting down, as the run did not succeed.');
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
