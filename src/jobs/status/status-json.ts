// How a row is doing, for programs: `status --json` and the dashboard.
import { formatEvery } from '../../plan/every.ts';
import type { PastRun } from '../../series/past.ts';
import type { SeriesStatus } from './read-status.ts';

/** One line of `--json`, as docs/cli.md lists it. */
export function statusJson(one: SeriesStatus): object {
  const {
    series,
    destination,
    state,
    isOverdue: overdue,
    isFailing: failing,
    reasons,
    hints,
    notes,
    size,
  } = one;
  const { lastVerify, lastDrill } = one;
  return {
    event: 'status',
    series,
    destination,
    state,
    overdue,
    failing,
    reasons,
    hints,
    notes,
    every: formatEvery(one.everyMs),
    lastRun: runJson(one.lastRun),
    lastSuccess: one.lastSuccess?.started ?? null,
    nextDue: one.nextDue?.toISOString() ?? null,
    nextVerify: one.nextVerify?.toISOString() ?? null,
    nextDrill: one.nextDrill?.toISOString() ?? null,
    lastVerify:
      lastVerify === undefined
        ? null
        : {
            time: lastVerify.started,
            result: lastVerify.result,
            level: lastVerify.level,
            sample: lastVerify.sample,
            at: lastVerify.at,
          },
    lastDrill: lastDrill === undefined ? null : { time: lastDrill.started, result: lastDrill.result },
    snapshots: size?.snapshots ?? null,
    bytes: size?.bytes ?? null,
    oldest: size?.oldest ?? null,
    logKnown: one.isLogKnown,
    unreadable: one.unreadable,
  };
}

function runJson(run: PastRun | undefined): object | null {
  if (run === undefined) return null;
  const { started, outcome, guards, error } = run;
  return { time: started, outcome, guards, error };
}
