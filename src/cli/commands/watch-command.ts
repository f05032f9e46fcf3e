import { createInterface } from 'node:readline';
import { formatBytes, formatCountOf } from '../../base/amounts.ts';
import { SnapshotError } from '../../base/errors.ts';
import type { RowEnd } from '../../jobs/events.ts';
import { type NoticeOptions, openChannels } from '../../jobs/nightly/open-channels.ts';
import { RunRecord } from '../../jobs/nightly/run-record.ts';
import { Teller } from '../../jobs/nightly/teller.ts';
import { Memory } from '../../jobs/status/memory.ts';
import { changedPlan } from '../../jobs/watch/changed-plan.ts';
import { type Changed, watchPlan } from '../../jobs/watch/watch.ts';
import { thisStateFolder } from '../../host/state-folder.ts';
import { loadPlan, type Plan } from '../../plan/plan.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { stopSignal } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';
import { watchView, type WatchView } from '../views/watch-view.ts';
import { canAsk } from '../confirm.ts';
import { droppedPaths } from './dropped-paths.ts';

/** What a watch is told, beside the plan. */
export interface WatchingOptions extends CommonOptions {
  readonly only: readonly string[];
  readonly untilIdle: boolean;
  readonly acceptChanges: boolean;
  readonly adopt: boolean;
}

export type WatchCommandOptions = WatchingOptions & NoticeOptions;

export async function watchCommand(options: WatchCommandOptions, terminal: Terminal): Promise<number> {
  const channels = await openChannels(options, process.env);
  const plan = await loadPlan(options.plan);
  const warn = (message: string): void => terminal.err(`warning: ${message}`);
  // Told of trouble, and when it is over.
  const teller = new Teller(channels, 'always', warn);
  const statuses = new Map<string, number>();
  const told = async (end: RowEnd, stop: AbortSignal): Promise<void> => {
    const before = statuses.get(end.row) ?? 0;
    statuses.set(end.row, end.status);
    if (channels.length === 0 || before === end.status) return;
    const record = new RunRecord();
    record.event(end);
    await teller.end(record.notice({ kind: 'run', status: end.status, ends: [end], notes: [] }), stop);
  };
  const changed: Changed = async (current, signal) => await changedPlan(options.plan, current, signal, warn);
  return await watchWith(plan, options, terminal, { told, changed });
}

/**
 * Watches `plan` until the user stops it.
 *
 * @param told - Called each time a row has ended, or a pass of it.
 * @param changed - Where the plan may become another one.
 */
export async function watchWith(
  plan: Plan,
  options: WatchingOptions,
  terminal: Terminal,
  {
    told = async () => {},
    changed = async () => await Promise.resolve(undefined),
  }: { told?: (end: RowEnd, stop: AbortSignal) => Promise<void>; changed?: Changed } = {},
): Promise<number> {
  const view = watchView(options, terminal);
  const stop = stopSignal(() => view.stopping());
  const telling = new Set<Promise<void>>();
  const dropped = canAsk() && !options.json ? takeDropped(plan, options, stop.signal, view) : undefined;
  try {
    const only = options.only.map(String);
    view.start(plan, only);
    const status = await watchPlan(
      plan,
      {
        only,
        signal: stop.signal,
        report: (event) => {
          view.event(event);
          if (event.event !== 'row') return;
          const one = told(event, stop.signal).finally(() => telling.delete(one));
          telling.add(one);
        },
        memory: new Memory(thisStateFolder()),
        now: () => new Date(),
        actionLog: options.log,
        untilIdle: options.untilIdle,
        acceptChanges: options.acceptChanges,
        adopt: options.adopt,
      },
      async (current, signal) => {
        const next = await changed(current, signal);
        if (next !== undefined) view.changed(next, only);
        return next;
      },
    );
    await Promise.all(telling);
    return status;
  } finally {
    await dropped?.close();
    view.close();
    stop.dispose();
  }
}

/** Copies what is dragged or pasted into the terminal, beside the mirrors. */
function takeDropped(
  plan: Plan,
  { only }: WatchingOptions,
  signal: AbortSignal,
  view: WatchView,
): { readonly close: () => Promise<void> } {
  const mirrors = plan.rows.filter(
    ({ active, strategy, name }) =>
      active && strategy === 'mirror' && (only.length === 0 || only.includes(name)),
  );
  // Without a terminal of its own, so that Ctrl-C stays a signal.
  const lines = createInterface({ input: process.stdin, terminal: false });
  let last: Promise<void> = Promise.resolve();
  const push = async (path: string): Promise<void> => {
    const [{ pushTo }, { rowWith }] = await Promise.all([
      import('../../jobs/mirror/push.ts'),
      import('./push-command.ts'),
    ]);
    try {
      const row = await rowWith(path, mirrors);
      const [first] = mirrors;
      if (row !== undefined) view.note(`${path}: it is in "${row.name}", and copied by itself`);
      else if (first === undefined) view.note(`${path}: there is no mirror to copy it to`);
      else {
        const { folder, files, bytes, problems } = await pushTo(path, first.destination, signal);
        view.note(`${folder}: ${formatCountOf(files, 'file')}, ${formatBytes(bytes)}`);
        for (const problem of problems) view.note(`${problem.path}: ${problem.reason}`);
      }
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      view.note(error.message);
    }
  };
  lines.on('line', (line) => {
    for (const path of droppedPaths(line)) last = last.then(async () => await push(path));
  });
  return {
    close: async () => {
      lines.close();
      process.stdin.unref();
      await last;
    },
  };
}
