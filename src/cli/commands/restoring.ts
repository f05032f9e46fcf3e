// What restoring one series and restoring all of them have in common: the view, the way to stop, and the question before a deletion.
import { formatBytes, formatCount, formatCountOf } from '../../base/amounts.ts';
import { SnapshotError } from '../../base/errors.ts';
import { seriesFolders } from '../../jobs/address.ts';
import type { Nearest } from '../../jobs/destinations/nearest.ts';
import type { Deletion } from '../../jobs/restore/ask-first.ts';
import { restore } from '../../jobs/restore/restore.ts';
import type { RestoreEnd, RestoreEvent } from '../../jobs/restore/restore-events.ts';
import { PairSeries } from '../../jobs/sync/pair-series.ts';
import type { Plan } from '../../plan/plan.ts';
import { canAsk, confirm } from '../confirm.ts';
import { stopSignal } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';
import { jsonRestoreView, type RestoreView, TextRestoreView } from '../views/restore-view.ts';
import type { RestoreCommandOptions } from './restore-command.ts';

/** Restores a series into the folder `to`: what `globs` match, or everything. */
export type RestoreTo = (nearest: Nearest, to: string, globs: readonly string[]) => Promise<RestoreEnd>;

/**
 * Does `work`, which may restore, as `options` say.
 *
 * @param plan - Where one was read: its destinations are no place to restore to.
 * @throws {@link SnapshotError} `E_STOPPED` when the user stops it.
 */
export async function restoring(
  options: RestoreCommandOptions,
  plan: Plan | undefined,
  terminal: Terminal,
  work: (restoreTo: RestoreTo, view: RestoreView) => Promise<number>,
): Promise<number> {
  const { at, overwrite, dryRun } = options;
  const view: RestoreView = options.json
    ? jsonRestoreView(terminal)
    : new TextRestoreView(terminal, options.quiet);
  const stop = stopSignal(() => view.warn('stopping; once more ends it at once'));
  let isAsking = false;
  const ask = async (deletion: Deletion): Promise<void> => {
    isAsking = true;
    await askFirst(deletion, canAsk() && !options.json, stop.signal);
    isAsking = false;
  };
  const destinations = seriesFolders(plan);
  const report = (event: RestoreEvent): void => view.event(event);
  const common = { at, destinations, overwrite, dryRun, signal: stop.signal, report };
  const restoreTo: RestoreTo = async ({ series, others }, to, globs) => {
    const given = { ...common, to, globs };
    if (!series.hasSnapshots && options.delete) {
      const hint = 'Restore to a folder of its own, and compare.';
      throw new SnapshotError('E_USAGE', '--delete is not for mirrors and pairs', { hint });
    }
    if (series instanceof PairSeries)
      return await (await import('../../jobs/sync/restore-pair.ts')).restorePair(series, given);
    if (series.isMirror) {
      const { restoreMirror } = await import('../../jobs/mirror/restore-mirror.ts');
      return await restoreMirror(series, given);
    }
    const confirmed = options.yes ? {} : { confirm: ask };
    return await restore(series, { ...given, elsewhere: others, deletes: options.delete, ...confirmed });
  };
  try {
    return await work(restoreTo, view);
  } catch (error) {
    if (!stop.signal.aborted || error instanceof SnapshotError) throw error;
    if (isAsking) throw new SnapshotError('E_STOPPED', 'Stopped by the user', { hint: 'Nothing was done.' });
    const hint = 'What is restored by now is whole; the same command goes on from there.';
    throw new SnapshotError('E_STOPPED', 'Stopped by the user', { hint });
  } finally {
    view.close();
    stop.dispose();
  }
}

/** @throws {@link SnapshotError} when the answer is no, or nobody can be asked. */
async function askFirst(deletion: Deletion, isTerminal: boolean, signal: AbortSignal): Promise<void> {
  const { folder, files, bytes, examples, wantedFiles, wantedBytes } = deletion;
  const what = `In "${folder}", --delete would delete ${formatCountOf(files, 'file')} (${formatBytes(bytes)})`;
  const only = `The snapshot has only ${formatCountOf(wantedFiles, 'file')} (${formatBytes(wantedBytes)})`;
  const more = files - examples.length;
  const names = `${examples.join(', ')}${more > 0 ? ` and ${formatCount(more)} more` : ''}`;
  if (!isTerminal) {
    throw new SnapshotError('E_USAGE', `${what}: ${names}. ${only}`, {
      hint: 'Nothing was done. Look with --dry-run whether this is the folder that you mean; --yes deletes them.',
    });
  }
  const question = `${what}:\n  ${names}\n${only}.\nDelete them? [y/N] `;
  if (await confirm(question, signal)) return;
  throw new SnapshotError('E_STOPPED', 'Not restored', { hint: 'Nothing was done.' });
}
