import { hostname } from 'node:os';
import { SnapshotError } from '../../base/errors.ts';
import { readCron } from '../../host/schedulers/cron.ts';
import { Timetable } from '../../jobs/schedule/due.ts';
import { lastRun } from '../../jobs/schedule/last-run.ts';
import { rowsToRun } from '../../jobs/run/rows-to-run.ts';
import { schedule } from '../../jobs/schedule/schedule.ts';
import { loadPlan } from '../../plan/plan.ts';
import { readDuration } from '../options/duration.ts';
import { runCommand } from './run-command.ts';
import { runLimits } from '../options/run-limits.ts';
import type { ScheduledRunOptions } from '../options/run-options.ts';
import { scheduleView } from '../views/schedule-view.ts';
import { showError } from '../views/show-error.ts';
import { recallFor } from '../state.ts';
import { stopSignal } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';

export interface ScheduleCommandOptions extends ScheduledRunOptions {
  readonly cron: string | undefined;
  readonly timezone: string | undefined;
  readonly jitter: string | undefined;
}

/** What is decided for one run only. */
const NEVER = { dryRun: false, acceptChanges: undefined, adopt: false, shutdown: undefined };

/**
 * Stays in the foreground and runs the plan whenever it is due.
 *
 * @returns 0 when it is stopped between two runs, 130 when it is stopped during one.
 */
export async function scheduleCommand(options: ScheduleCommandOptions, terminal: Terminal): Promise<number> {
  const { cron, timezone, jitter = '0s', only, json } = options;
  if (cron === undefined) {
    throw new SnapshotError('E_USAGE', 'When? `--cron "0 2 * * *"` is every night at two', {
      hint: '`snapshot schedule install --at 02:00` leaves it to this system.',
    });
  }
  const timetable = new Timetable(readCron(cron), {
    timezone,
    jitterMs: readDuration('jitter', jitter),
    seed: `${hostname()} ${options.plan}`,
  });
  const { shard } = runLimits({ ...options, ...NEVER });
  const rows = rowsToRun(await loadPlan(options.plan), { only, shard });
  const stop = stopSignal(() => {});
  let status = 0;
  try {
    await schedule({
      timetable,
      lastRun: await lastRun(rows, new Date(), recallFor(terminal)),
      signal: stop.signal,
      report: scheduleView(options, timezone, terminal),
      run: async () => {
        status = await runOnce(options, terminal);
      },
    });
  } finally {
    stop.dispose();
  }
  if (status !== 130) status = 0;
  if (json) terminal.out(JSON.stringify({ event: 'end', status }));
  return status;
}

/** The plan is read anew each time; whatever fails tonight may work tomorrow. */
async function runOnce(options: ScheduledRunOptions, terminal: Terminal): Promise<number> {
  try {
    return await runCommand({ ...options, ...NEVER }, terminal);
  } catch (error) {
    return showError(error, terminal, options.json);
  }
}
