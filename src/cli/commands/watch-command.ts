import type { RowEnd } from '../../jobs/events.ts';
import { type NoticeOptions, openChannels } from '../../jobs/nightly/open-channels.ts';
import { RunRecord } from '../../jobs/nightly/run-record.ts';
import { Teller } from '../../jobs/nightly/teller.ts';
import { Memory } from '../../jobs/status/memory.ts';
import { watchPlan } from '../../jobs/watch/watch.ts';
import { thisStateFolder } from '../../host/state-folder.ts';
import { loadPlan, type Plan } from '../../plan/plan.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { stopSignal } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';
import { watchView } from '../views/watch-view.ts';

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
  return await watchWith(plan, options, terminal, async (end, stop) => {
    const before = statuses.get(end.row) ?? 0;
    statuses.set(end.row, end.status);
    if (channels.length === 0 || before === end.status) return;
    const record = new RunRecord();
    record.event(end);
    await teller.end(record.notice({ kind: 'run', status: end.status, ends: [end], notes: [] }), stop);
  });
}

/** Watches `plan` until the user stops it. @param told - Called each time a row has ended, or a pass of it. */
export async function watchWith(
  plan: Plan,
  options: WatchingOptions,
  terminal: Terminal,
  told: (end: RowEnd, stop: AbortSignal) => Promise<void> = async () => {},
): Promise<number> {
  const view = watchView(options, terminal);
  const stop = stopSignal(() => view.stopping());
  const telling: Promise<void>[] = [];
  try {
    view.start(plan, options.only);
    const status = await watchPlan(plan, {
      only: options.only.map(String),
      signal: stop.signal,
      report: (event) => {
        view.event(event);
        if (event.event === 'row') telling.push(told(event, stop.signal));
      },
      memory: new Memory(thisStateFolder()),
      now: () => new Date(),
      actionLog: options.log,
      untilIdle: options.untilIdle,
      acceptChanges: options.acceptChanges,
      adopt: options.adopt,
    });
    await Promise.all(telling);
    return status;
  } finally {
    view.close();
    stop.dispose();
  }
}
