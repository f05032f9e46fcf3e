import { run, runStatus } from '../../jobs/run/run.ts';
import { Memory } from '../../jobs/status/memory.ts';
import { thisStateFolder } from '../../host/state-folder.ts';
import type { Plan } from '../../plan/plan.ts';
import { stopSignal } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';
import type { MirrorCommandOptions } from './mirror-command.ts';
import { viewFor } from './run-command.ts';

/** Brings one mirror up to date, and ends. */
export async function mirrorOnce(
  plan: Plan,
  options: MirrorCommandOptions,
  terminal: Terminal,
): Promise<number> {
  const { dryRun, rehash, acceptChanges, adopt } = options;
  const view = await viewFor(options, terminal);
  const stop = stopSignal(() => view.warn('stopping; once more ends it at once'));
  try {
    const ends = await run(plan, {
      only: [],
      jobs: 1,
      dryRun,
      rehash,
      acceptChanges,
      adopt,
      signal: stop.signal,
      report: (event) => view.event(event),
      now: () => new Date(),
      memory: new Memory(thisStateFolder()),
      actionLog: options.log,
    });
    const status = runStatus(ends);
    view.end(ends, status);
    return status;
  } finally {
    view.close();
    stop.dispose();
  }
}
