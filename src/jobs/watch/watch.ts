// Keeps the mirrors of a plan up to date, and runs its other rows when they are due.
import { setTimeout as delay } from 'node:timers/promises';
import { EXIT_STATUS, gravestStatus } from '../../base/errors.ts';
import { WorkerPool } from '../../pack/pool.ts';
import type { Plan, Row } from '../../plan/plan.ts';
import { rowLabel } from '../../plan/row-label.ts';
import { openStore } from '../../store/open-store.ts';
import type { Report, RowEnd } from '../events.ts';
import { keepMirror } from '../mirror/keep-mirror.ts';
import { AtDestination } from '../run/at-destination.ts';
import type { Settled } from '../run/run-options.ts';
import { rowsToRun } from '../run/rows-to-run.ts';
import { run } from '../run/run.ts';
import { SeriesPlaces } from '../run/series-places.ts';
import { lastRun } from '../schedule/last-run.ts';
import type { Memory } from '../status/memory.ts';

export interface WatchPlanOptions {
  /** Names of rows; all when empty. */
  readonly only: readonly string[];
  readonly signal: AbortSignal;
  readonly report: Report;
  readonly memory: Memory;
  readonly now: () => Date;
  /** A further file for the log of actions. */
  readonly actionLog: string | undefined;
  /** It ends when all mirrors are up to date and nothing happens for a while. */
  readonly untilIdle: boolean;
  /** Overrules guards once, at the beginning. */
  readonly acceptChanges: boolean;
  readonly adopt: boolean;
}

/** A row that failed is tried again after so long, each time twice as long, up to an hour. */
const RETRY_MS = 60_000;
const LONGEST_RETRY_MS = 3_600_000;
/** Whether a row is due is looked at so often. */
const DUE_MS = 60_000;

/**
 * Runs until `signal` is aborted, or all is idle.
 *
 * @returns The exit status: that of the rows as they are in the end.
 * @throws {@link SnapshotError} `E_USAGE` when `only` names a row that is not there.
 */
export async function watchPlan(plan: Plan, options: WatchPlanOptions): Promise<number> {
  const rows = rowsToRun(plan, { only: options.only });
  const mirrors = rows.filter(({ strategy }) => strategy === 'mirror');
  const others = rows.filter(({ strategy }) => strategy !== 'mirror');
  const pool = new WorkerPool();
  try {
    const idle = new AbortController();
    const signal = AbortSignal.any([options.signal, idle.signal]);
    const due = runDue(plan, others, { ...options, signal });
    const statuses = await Promise.all(mirrors.map(async (row) => await keepRow(plan, row, pool, options)));
    if (mirrors.length === 0 && !options.untilIdle) return await due;
    idle.abort();
    return gravestStatus([...statuses, await due]);
  } finally {
    await pool.close();
  }
}

/** @returns What the row adds to the exit status. */
async function keepRow(plan: Plan, row: Row, pool: WorkerPool, options: WatchPlanOptions): Promise<number> {
  const { signal, untilIdle } = options;
  let { acceptChanges, adopt } = options;
  for (let waitMs = RETRY_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_RETRY_MS)) {
    const settled = settledFor(plan, { ...options, acceptChanges, adopt });
    /** What the last pass adds to the exit status. */
    let last: number | undefined;
    const place: AtDestination = new AtDestination(row, {
      ...settled,
      stay: async (session, first) =>
        await keepMirror(session, first, {
          untilIdle,
          passed: async (result, context) => {
            last = (await place.passed(result, context.started)).status;
          },
          failed: async (error, context) => {
            last = (await place.passFailed(error, context.started)).status;
          },
        }),
    });
    if (await place.reach()) await place.run(pool);
    const end = await place.finish();
    [acceptChanges, adopt] = [false, false];
    // Stopping is how it is meant to end: what counts is how it stood.
    if (signal.aborted) return last ?? (end.outcome === 'stopped' ? 0 : end.status);
    if (untilIdle) return gravestStatus([end.status, last ?? 0]);
    if (last !== undefined) waitMs = RETRY_MS;
    await delay(waitMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return end.status;
  }
}

function settledFor(plan: Plan, options: WatchPlanOptions): Settled {
  const active = plan.rows.filter((row) => row.active);
  return {
    ...options,
    only: [],
    jobs: 1,
    dryRun: false,
    rehash: false,
    open: openStore,
    places: new SeriesPlaces(plan.rows),
    labels: (row) => rowLabel(row, active),
  };
}

/** Runs rows with snapshots whenever they are due. @returns What they add to the exit status. */
async function runDue(plan: Plan, rows: readonly Row[], options: WatchPlanOptions): Promise<number> {
  const { signal, memory, now, report, untilIdle } = options;
  const statuses = new Map<string, number>();
  const recall = async (destination: string): ReturnType<Memory['find']> => await memory.find(destination);
  while (!signal.aborted && rows.length > 0) {
    const due: string[] = [];
    for (const row of rows) {
      const last = await lastRun([row], now(), recall);
      if (last === undefined || now().getTime() - last.getTime() >= row.every) due.push(row.name);
    }
    if (due.length > 0) {
      const ends: readonly RowEnd[] = await run(plan, {
        only: due,
        jobs: 1,
        dryRun: false,
        rehash: false,
        acceptChanges: false,
        signal,
        report,
        memory,
        now,
      });
      for (const { row, status } of ends) statuses.set(row, status);
    }
    if (untilIdle) break;
    await delay(DUE_MS, undefined, { signal }).catch(() => {});
  }
  return gravestStatus([...statuses.values()].filter((status) => status !== EXIT_STATUS.E_STOPPED));
}
