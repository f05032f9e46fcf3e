import type { RunOutcome } from '../../jobs/nightly/notice.ts';
import { loadPlan, type Plan } from '../../plan/plan.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { shutDownAfter } from '../views/countdown-view.ts';
import { openChannels } from '../../jobs/nightly/open-channels.ts';
import { outcomeOf, runBetween } from '../../jobs/nightly/nightly.ts';
import { RunLog } from '../../jobs/nightly/run-log.ts';
import { runLimits } from '../options/run-limits.ts';
import { acceptedBy, type RunCommandOptions } from '../options/run-options.ts';
import { RunRecord } from '../../jobs/nightly/run-record.ts';
import type { RunView } from '../../jobs/nightly/run-view.ts';
import { hasFailed, shutdownChoice } from '../options/shutdown-choice.ts';
import { thisStateFolder } from '../../host/state-folder.ts';
import { stopSignal } from '../stop-signal.ts';
import { Teller } from '../../jobs/nightly/teller.ts';
import type { Terminal } from '../terminal.ts';

export async function runCommand(options: RunCommandOptions, terminal: Terminal): Promise<number> {
  // Before all else, so that somebody is told of whatever else is wrong.
  const channels = await openChannels(options, process.env);
  const view = await viewFor(options, terminal);
  const stop = stopSignal(() => view.warn('stopping; once more ends it at once'));
  const record = new RunRecord();
  let log: RunLog | undefined;
  let plan: Plan | undefined;
  let outcome: RunOutcome;
  const warn = (message: string): void => {
    log?.warn(message);
    view.warn(message);
  };
  // What only looks tells nobody.
  const teller = new Teller(options.dryRun ? [] : channels, options.notifyOn, warn);
  try {
    try {
      const limits = runLimits(options);
      log = RunLog.open(options.log, thisStateFolder(), (message) => view.warn(message));
      plan = await loadPlan(options.plan);
      outcome = await runBetween(
        plan,
        { ...options, ...acceptedBy(options) },
        { view, log, record, teller, limits, stop: stop.signal },
      );
    } catch (error) {
      outcome = outcomeOf(error);
    }
    const trouble = await log?.trouble();
    if (trouble !== undefined) outcome = { ...outcome, notes: [...outcome.notes, trouble] };
    const { kind, status, ends, notes, error } = outcome;
    if (kind === 'skipped') view.nothing(notes.join(' '));
    if (error === undefined) view.end(ends, status);
    else log?.failed(error);
    if (kind !== 'skipped') notes.forEach(warn);
    await teller.end(record.notice(outcome), stop.signal);
    const lost = terminal.lost();
    if (lost !== undefined) log?.warn(lost);
    log?.end(status);
    // Before the machine may go down.
    await log?.close();
    if (error !== undefined) throw error;
    const choice = options.dryRun ? undefined : shutdownChoice(options.shutdown, plan?.rows ?? [], ends);
    if (choice === undefined) return status;
    return await shutDownAfter(choice, status, hasFailed(status, ends), stop.signal, thisStateFolder(), view);
  } finally {
    stop.dispose();
    view.close();
    await log?.close();
  }
}

/** Only the one that is used is loaded. */
export async function viewFor({ json, quiet }: CommonOptions, terminal: Terminal): Promise<RunView> {
  if (json) return new (await import('../views/json-view.ts')).JsonView(terminal);
  if (terminal.isLive && !quiet) return new (await import('../views/live-view.ts')).LiveView(terminal);
  return new (await import('../views/plain-view.ts')).PlainView(terminal, quiet);
}
