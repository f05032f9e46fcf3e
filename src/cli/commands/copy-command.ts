import { SnapshotError } from '../../base/errors.ts';
import { copySeries } from '../../jobs/copy/copy.ts';
import { loadPlan } from '../../plan/plan.ts';
import { RateLimit } from '../../store/wrap/rate-limit.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { parseRate } from '../options/max-rate.ts';
import { openSeries } from '../state.ts';
import { stopSignal } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';
import { copyView } from '../views/copy-view.ts';

export interface CopyCommandOptions extends CommonOptions {
  readonly series: string;
  readonly destination: string;
  readonly encrypt: string | undefined;
  readonly maxRate: string | undefined;
  readonly dryRun: boolean;
}

/** Brings a series to another place. */
export async function copyCommand(options: CopyCommandOptions, terminal: Terminal): Promise<number> {
  const { destination, encrypt, maxRate, dryRun, json, quiet } = options;
  const rate = maxRate === undefined ? undefined : parseRate(maxRate);
  const series = await openSeries(options.series, async () => await loadPlan(options.plan), terminal);
  const view = copyView(terminal, { json, quiet, isDryRun: dryRun });
  const stop = stopSignal(() => terminal.err('stopping; once more ends it at once'));
  const { signal } = stop;
  try {
    const end = await copySeries(series, {
      to: destination,
      encrypt,
      dryRun,
      limit: rate === undefined ? undefined : new RateLimit(rate, signal),
      signal,
      report: (event) => view.event(event),
    });
    view.end(end);
    return end.status;
  } catch (error) {
    if (!signal.aborted || error instanceof SnapshotError) throw error;
    const hint = 'What has arrived by now stays; the same command goes on from there.';
    throw new SnapshotError('E_STOPPED', 'Stopped by the user', { hint });
  } finally {
    view.close();
    stop.dispose();
  }
}
