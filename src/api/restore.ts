import type { RestoreEnd, RestoreEvent, RestoreProblem } from '../jobs/restore/restore-events.ts';
import { seriesFolders } from '../jobs/address.ts';
import { restore as restoreSnapshot } from '../jobs/restore/restore.ts';
import type { Overwrite } from '../jobs/restore/target-plan.ts';
import { type CallOptions, seriesOf, type SnapshotOptions, stoppable } from './api-options.ts';

export interface RestoreCall extends CallOptions<RestoreEvent>, SnapshotOptions {
  /** The folder to restore into. */
  readonly to: string;
  /** What may happen to files that are there already; default `never`. */
  readonly overwrite?: Overwrite | undefined;
  /** Deletes there what the snapshot does not have, without a question; needs `overwrite`. */
  readonly delete?: boolean | undefined;
  /** Tells the steps, and does nothing. */
  readonly dryRun?: boolean | undefined;
}

export interface RestoreResult extends Omit<RestoreEnd, 'event' | 'status' | 'problems'> {
  /** What could not be restored, or not quite as it was: look at it. Empty: everything is there. */
  readonly problems: readonly RestoreProblem[];
}

/**
 * Gets files back, each verified.
 *
 * @throws {@link SnapshotError} when it cannot begin: `E_USAGE` (something is in the way, nothing matches), `E_DAMAGED`, `E_SPACE`.
 */
export async function restore(options: RestoreCall): Promise<RestoreResult> {
  const { at = 'latest', globs = [], to, overwrite = 'never', dryRun = false, onEvent } = options;
  const { series, others, plan } = await seriesOf(options);
  const problems: RestoreProblem[] = [];
  const end = await stoppable(
    options.signal,
    async (signal) =>
      await restoreSnapshot(series, {
        at,
        globs,
        to,
        overwrite,
        deletes: options.delete ?? false,
        elsewhere: others,
        dryRun,
        destinations: seriesFolders(plan),
        signal,
        report: (event) => {
          if (event.event === 'problem') problems.push(event);
          onEvent?.(event);
        },
      }),
  );
  const { event: _event, status: _status, ...result } = end;
  return { ...result, problems };
}
