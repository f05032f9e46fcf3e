import { SnapshotError } from '../errors.ts';
import { findSeries } from '../jobs/address.ts';
import { restore } from '../jobs/restore/restore.ts';
import type { Overwrite } from '../jobs/restore/target-plan.ts';
import { loadPlan, type Plan } from '../plan/plan.ts';
import type { CommonOptions } from './common-options.ts';
import { jsonRestoreView, type RestoreView, TextRestoreView } from './restore-view.ts';
import { stopSignal } from './stop-signal.ts';
import type { Terminal } from './terminal.ts';

export interface RestoreCommandOptions extends CommonOptions {
  readonly series: string;
  readonly glob: readonly string[];
  readonly to: string;
  readonly at: string;
  readonly overwrite: Overwrite;
  readonly delete: boolean;
  readonly dryRun: boolean;
}

export async function restoreCommand(options: RestoreCommandOptions, terminal: Terminal): Promise<number> {
  const { at, to, overwrite, dryRun } = options;
  let plan: Plan | undefined;
  const series = await findSeries(options.series, async () => (plan = await loadPlan(options.plan)));
  const view: RestoreView = options.json
    ? jsonRestoreView(terminal)
    : new TextRestoreView(terminal, options.quiet);
  const stop = stopSignal(() => view.warn('stopping; once more ends it at once'));
  try {
    const end = await restore(series, {
      at,
      globs: options.glob.map(String),
      to,
      destinations: plan?.rows.map(({ destination }) => destination) ?? [],
      overwrite,
      deletes: options.delete,
      dryRun,
      signal: stop.signal,
      report: (event) => view.event(event),
    });
    view.end(end);
    return end.status;
  } catch (error) {
    if (!stop.signal.aborted || error instanceof SnapshotError) throw error;
    const hint = 'What is restored by now is whole; the same command goes on from there.';
    throw new SnapshotError('E_STOPPED', 'Stopped', { hint });
  } finally {
    view.close();
    stop.dispose();
  }
}
