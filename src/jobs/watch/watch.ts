// Keeps the mirrors and pairs of a plan up to date, and runs its other rows when they are due.
import { setTimeout as delay } from 'node:timers/promises';
import { EXIT_STATUS, gravestStatus, SnapshotError } from '../../base/errors.ts';
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
import type { Memory, Recall } from '../status/memory.ts';
import type { PairWatch } from '../sync/pair-watch.ts';
import { SideError } from '../../sync/side.ts';

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
/** A side on a server is listed so often. */
const POLL_MS = 60_000;
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
  const pairs = rows.filter(({ strategy }) => strategy === 'sync');
  const others = rows.filter(({ strategy }) => strategy !== 'mirror' && strategy !== 'sync');
  const over = new AbortController();
  const all = { ...options, signal: AbortSignal.any([options.signal, over.signal]) };
  const pool = new WorkerPool();
  const works = [
    runDue(plan, others, all),
    ...mirrors.map(async (row) => await keepRow(plan, row, pool, all)),
    ...pairs.map(async (row) => await keepPair(plan, row, pool, all)),
  ];
  try {
    return gravestStatus(await Promise.all(works));
  } finally {
    // What one of them could not go on with ends the others too: none is kept by half.
    over.abort();
    await Promise.allSettled(works);
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

/** Syncs a pair, and again when something has changed on either side. @returns What the row adds to the exit status. */
async function keepPair(plan: Plan, row: Row, pool: WorkerPool, options: WatchPlanOptions): Promise<number> {
  const { signal, untilIdle, report } = options;
  const { PairWatch } = await import('../sync/pair-watch.ts');
  const exclude = [...row.excludeLines, ...row.exclude];
  const warn = (message: string): void => report({ event: 'note', row: row.name, message, warning: true });
  let { acceptChanges } = options;
  let status = 0;
  const once = async (): Promise<RowEnd> => {
    const place = new AtDestination(row, settledFor(plan, { ...options, acceptChanges }));
    if (await place.reach()) await place.run(pool);
    const end = await place.finish();
    acceptChanges = false;
    // Stopping is how it is meant to end: what counts is how it stood.
    if (end.outcome !== 'stopped') status = end.status;
    return end;
  };
  for (let waitMs = RETRY_MS; !signal.aborted; waitMs = Math.min(waitMs * 2, LONGEST_RETRY_MS)) {
    let watch: PairWatch | undefined;
    try {
      // Before the sync: what happens while it runs is seen by the next one.
      watch = await PairWatch.open(row.source, row.destination, { exclude, pollMs: POLL_MS, signal, warn });
      do {
        await watch.begin();
        const { error, waiting } = await once();
        if (untilIdle || signal.aborted) return status;
        // What holds it may be over without a change of either side.
        if (error !== null || waiting !== null) break;
        waitMs = RETRY_MS;
      } while (await watch.changed());
    } catch (error) {
      if (!(error instanceof SnapshotError || error instanceof SideError)) throw error;
      // Why it cannot be watched, the sync says in the words of the row.
      if (!signal.aborted) await once();
    } finally {
      await watch?.close();
    }
    if (untilIdle) return status;
    if (!signal.aborted) await delay(waitMs, undefined, { signal }).catch(() => {});
  }
  return status;
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
  const recall: Recall = async (destination) => {
    try {
      return await memory.find(destination);
    } catch (error) {
      // Its run says so.
      if (!(error instanceof SnapshotError)) throw error;
      return undefined;
    }
  };
  // Others may have the same name, and are kept by somebody else, or not due.
  const active = plan.rows.filter((row) => row.active);
  while (!signal.aborted && rows.length > 0) {
    const due: string[] = [];
    for (const row of rows) {
      const last = await lastRun([row], now(), recall);
      if (last === undefined || now().getTime() - last.getTime() >= row.every)
        due.push(rowLabel(row, active));
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
