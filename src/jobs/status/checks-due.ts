// When series are to be verified, and restored for trial, by what the schedulers of this machine were told.
import { calledIn } from '../../host/schedulers/entry.ts';
import { readCron } from '../../host/schedulers/cron.ts';
import { entriesHere } from '../../host/schedulers/schedulers.ts';
import type { PastRecord } from '../../series/past.ts';
import { formatLocal } from '../moment.ts';
import { Timetable } from '../schedule/due.ts';

/** What one entry of a scheduler has done to all series of a plan. */
export interface ScheduledCheck {
  readonly kind: 'verify' | 'drill';
  /** Of a verify: a less thorough one is not what is due. 0: names and sizes; 1: a sample of the contents. */
  readonly depth: number;
  /** A cron expression. */
  readonly when: string;
  /** Since when there is such an entry. */
  readonly since: Date | undefined;
}

/** When what is scheduled for a series comes next, and what was left out. */
export interface ChecksDue {
  readonly nextVerify: Date | undefined;
  readonly nextDrill: Date | undefined;
  /** A sentence for each that should have been by now. */
  readonly late: readonly string[];
}

/** The checks of `plan`, a whole path, that are scheduled on this machine. @param config - The whole path of the file of options. */
export async function scheduledChecks(plan: string, config?: string): Promise<readonly ScheduledCheck[]> {
  return (await entriesHere()).flatMap(({ command, when, since }) => {
    const isOurs = command.includes(plan) || (config !== undefined && command.includes(config));
    if (calledIn(command) !== 'verify' || when === 'boot' || !isOurs) return [];
    const verify = { kind: 'verify', depth: Number(command.includes('--sample')), when, since } as const;
    return command.includes('--drill') ? [verify, { ...verify, kind: 'drill', depth: 0 } as const] : [verify];
  });
}

/**
 * What of `checks` is due, of a series with these `records`. As with runs, one is late when it is half as long overdue as
 * there is between two: a machine that was off for an afternoon is no alarm.
 */
export function checksDue(
  checks: readonly ScheduledCheck[],
  records: readonly PastRecord[],
  now: Date,
): ChecksDue {
  const next: Record<ScheduledCheck['kind'], Date[]> = { verify: [], drill: [] };
  const late: string[] = [];
  for (const check of checks) {
    const last = records.findLast((record) => isSuch(record, check));
    const lastMs = last === undefined ? undefined : Date.parse(last.started);
    const madeMs = check.since?.getTime() ?? -Infinity;
    // One of the future was made while the clock was wrong.
    const sinceMs = Math.max(lastMs ?? -Infinity, madeMs > now.getTime() ? -Infinity : madeMs);
    const times = new Timetable(readCron(check.when));
    // When it was made is not known, nor was it ever done: it need not have been due yet.
    const { due } = times.after(sinceMs === -Infinity ? now : new Date(sinceMs));
    const betweenMs = times.after(due).due.getTime() - due.getTime();
    const isLate = now.getTime() > due.getTime() + betweenMs / 2;
    next[check.kind].push(due < now ? times.after(now).due : due);
    if (!isLate) continue;
    const before = lastMs === undefined ? 'was never done' : `was last done ${formatLocal(new Date(lastMs))}`;
    late.push(
      `the ${check.kind} that is scheduled (${check.when}) was due ${formatLocal(due)}, and ${before}`,
    );
  }
  return { nextVerify: earliest(next.verify), nextDrill: earliest(next.drill), late };
}

function isSuch(record: PastRecord, { kind, depth }: ScheduledCheck): boolean {
  if (record.outcome === 'drill') return kind === 'drill';
  if (record.outcome !== 'verify' || kind !== 'verify') return false;
  return record.at === null && (depth === 0 || record.level === 'full');
}

function earliest(times: readonly Date[]): Date | undefined {
  return times.toSorted((a, b) => a.getTime() - b.getTime()).at(0);
}
