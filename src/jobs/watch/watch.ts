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
import { activeIn, isSameRow, type RowOfPlan } from './same-row.ts';

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

/** Resolves with the plan when it has become another one; undefined when `signal` was aborted before that. */
export type Changed = (current: Plan, signal: AbortSignal) => Promise<Plan | undefined>;

/** A mirror or a pair that is kept up to date. */
interface Kept extends RowOfPlan {
  readonly stop: AbortController;
  /** What the row adds to the exit status. */
  readonly status: Promise<number>;
}

/** The plan as it is now. */
interface Current {
  readonly plan: Plan;
  /** Aborted when it is another one. */
  readonly changed: AbortController;
  /** Aborted then, or when all ends: made once, as a watch waits each minute for months. */
  readonly over: AbortSignal;
}

/**
 * Runs until `signal` is aborted, or all is idle. Where the plan changes, mirrors and pairs go on that are in it as they were, and a
 * snapshot that is being made comes to its end.
 *
 * @returns The exit status: that of the rows as they are in the end.
 * @throws {@link SnapshotError} `E_USAGE` when `only` names a row that is not there.
 */
export async function watchPlan(
  plan: Plan,
  options: WatchPlanOptions,
  changed: Changed = async () => await Promise.resolve(undefined),
): Promise<number> {
  const over = new AbortController();
  const all = { ...options, signal: AbortSignal.any([options.signal, over.signal]) };
  const pool = new WorkerPool();
  let current = currentOf(plan, all.signal);
  let kept: readonly Kept[] = [];
  let due: Promise<number> | undefined;
  try {
    for (;;) {
      kept = await keepRows(kept, current.plan, pool, due === undefined ? all : { ...all, ...NOT_OVERRULED });
      due ??= runDue(() => current, all);
      const statuses = Promise.all([due, ...kept.map(({ status }) => status)]);
      const ended = new AbortController();
      const change = changed(current.plan, AbortSignal.any([all.signal, ended.signal]));
      await Promise.race([statuses, change.then(async (next) => next ?? (await statuses))]);
      ended.abort();
      const next = await change;
      if (next === undefined) return gravestStatus(await statuses);
      const before = current;
      current = currentOf(next, all.signal);
      before.changed.abort();
    }
  } finally {
    // What one of them could not go on with ends the others too: none is kept by half.
    over.abort();
    await Promise.allSettled([due, ...kept.map(({ status }) => status)]);
    await pool.close();
  }
}

function currentOf(plan: Plan, signal: AbortSignal): Current {
  const changed = new AbortController();
  return { plan, changed, over: AbortSignal.any([signal, changed.signal]) };
}

/** Guards are overruled at the beginning only. */
const NOT_OVERRULED = { acceptChanges: false, adopt: false } as const;

/** Goes on with those of `before` that are in `plan` as they were, ends the others, and begins what is new. */
async function keepRows(
  before: readonly Kept[],
  plan: Plan,
  pool: WorkerPool,
  options: WatchPlanOptions,
): Promise<readonly Kept[]> {
  const rows = rowsToRun(plan, { only: options.only }).filter(isKept);
  const same = new Map<Row, Kept>();
  for (const one of before)
    for (const row of rows) if (await isSameRow(one, { plan, row })) same.set(row, one);
  const others = before.filter((one) => ![...same.values()].includes(one));
  for (const { stop } of others) stop.abort();
  await Promise.all(others.map(async ({ status }) => await status));
  return rows.map((row) => same.get(row) ?? keep(plan, row, pool, options));
}

function keep(plan: Plan, row: Row, pool: WorkerPool, options: WatchPlanOptions): Kept {
  const stop = new AbortController();
  const own = { ...options, signal: AbortSignal.any([options.signal, stop.signal]) };
  const status = row.strategy === 'mirror' ? keepRow(plan, row, pool, own) : keepPair(plan, row, pool, own);
  return { plan, row, stop, status };
}

function isKept({ strategy }: Row): boolean {
  return strategy === 'mirror' || strategy === 'sync';
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
  const active = activeIn(plan);
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
async function runDue(current: () => Current, options: WatchPlanOptions): Promise<number> {
  const { signal, memory, now, report, untilIdle, only } = options;
  const recall: Recall = async (destination) => {
    try {
      return await memory.find(destination);
    } catch (error) {
      // Its run says so.
      if (!(error instanceof SnapshotError)) throw error;
      return undefined;
    }
  };
  let statuses = new Map<string, number>();
  while (!signal.aborted) {
    const { plan, over } = current();
    const rows = rowsToRun(plan, { only }).filter((row) => !isKept(row));
    // Others may have the same name, and are kept by somebody else, or not due.
    const active = activeIn(plan);
    const due: string[] = [];
    for (const row of rows) {
      const last = await lastRun([row], now(), recall);
      if (last === undefined || now().getTime() - last.getTime() >= row.every)
        due.push(rowLabel(row, active));
    }
    // Of rows that are not there any more, nothing counts.
    const labels = new Set(rows.map((row) => rowLabel(row, active)));
    statuses = new Map([...statuses].filter(([label]) => labels.has(label)));
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
    await delay(DUE_MS, undefined, { signal: over }).catch(() => {});
  }
  return gravestStatus([...statuses.values()].filter((status) => status !== EXIT_STATUS.E_STOPPED));
}
