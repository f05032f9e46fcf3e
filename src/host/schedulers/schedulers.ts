import { SnapshotError } from '../../base/errors.ts';
import { crontab } from './crontab.ts';
import type { FoundEntry } from './entry.ts';
import { launchd } from './launchd.ts';
import { type Scheduler, type SchedulerHost, type SchedulerKind, thisSchedulerHost } from './scheduler.ts';
import { systemd } from './systemd.ts';
import { taskScheduler } from './task-scheduler.ts';

const MAKE: Readonly<Record<SchedulerKind, (host: SchedulerHost) => Scheduler>> = {
  systemd,
  crontab,
  launchd,
  task: taskScheduler,
};

/** Those that `host` has, the best one first; or the one that the user `wants`, untried. */
export async function schedulersOf(
  platform: NodeJS.Platform,
  host: SchedulerHost,
  wants: SchedulerKind | undefined,
): Promise<readonly Scheduler[]> {
  if (wants !== undefined) return [MAKE[wants](host)];
  const known = kindsOf(platform).map((kind) => MAKE[kind](host));
  const isHere = await Promise.all(known.map(async (scheduler) => await scheduler.isHere()));
  const here = known.filter((_, i) => isHere[i]);
  if (here.length > 0) return here;
  throw new SnapshotError('E_HOST', 'This machine has no scheduler that is known here', {
    hint: '`snapshot schedule --cron "0 2 * * *"` stays in the foreground and needs none.',
  });
}

/** What this program has installed for this user, with any scheduler. What cannot be listed runs nothing, or is not ours. */
export async function entriesHere(): Promise<readonly FoundEntry[]> {
  try {
    // A user without a home has none.
    const schedulers = await schedulersOf(process.platform, thisSchedulerHost(), undefined);
    return (await Promise.all(schedulers.map(async (one) => await one.list()))).flat();
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return [];
  }
}

function kindsOf(platform: NodeJS.Platform): readonly SchedulerKind[] {
  if (platform === 'win32') return ['task'];
  if (platform === 'darwin') return ['launchd', 'crontab'];
  return ['systemd', 'crontab'];
}
