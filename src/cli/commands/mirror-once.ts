import { run, runStatus } from '../../jobs/run/run.ts';
import { Memory } from '../../jobs/status/memory.ts';
import { thisStateFolder } from '../../host/state-folder.ts';
import type { Plan } from '../../plan/plan.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { stopSignal } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';
import { viewFor } from './run-command.ts';

interface OnceOptions extends CommonOptions {
  /** Names of rows; all when empty. */
  readonly only: readonly string[];
  readonly dryRun: boolean;
  readonly rehash: boolean;
  readonly acceptChanges: boolean;
  readonly adopt: boolean;
}

/** Brings mirrors of `plan` up to date, and ends. */
export async function mirrorOnce(plan: Plan, options: OnceOptions, terminal: Terminal): Promise<number> {
  const { only, dryRun, rehash, acceptChanges, adopt, log } = options;
  const view = await viewFor(options, terminal);
  const stop = stopSignal(() => view.warn('stopping; once more ends it at once'));
  try {
    const ends = await run(plan, {
      only,
      jobs: 1,
      dryRun,
      rehash,
      acceptChanges,
      adopt,
      signal: stop.signal,
      report: (event) => view.event(event),
      now: () => new Date(),
      memory: new Memory(thisStateFolder()),
      actionLog: log,
    });
    const status = runStatus(ends);
    view.end(ends, status);
    return status;
  } finally {
    view.close();
    stop.dispose();
  }
}
