import { seriesFolders } from '../../jobs/address.ts';
import { SnapshotError } from '../../base/errors.ts';
import { restore } from '../../jobs/restore/restore.ts';
import type { RestoreEnd, RestoreEvent } from '../../jobs/restore/restore-events.ts';
import type { Deletion } from '../../jobs/restore/ask-first.ts';
import type { Overwrite } from '../../jobs/restore/target-plan.ts';
import { PairSeries } from '../../jobs/sync/pair-series.ts';
import { loadPlan, type Plan } from '../../plan/plan.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { canAsk, confirm } from '../confirm.ts';
import { formatBytes, formatCount, formatCountOf } from '../../base/amounts.ts';
import { localPath } from '../../plan/local-path.ts';
import { jsonRestoreView, type RestoreView, TextRestoreView } from '../views/restore-view.ts';
import { stopSignal } from '../stop-signal.ts';
import { openOrMirror } from '../state.ts';
import type { Terminal } from '../terminal.ts';
import type { FileRestore } from './restore-file.ts';

export interface RestoreCommandOptions extends CommonOptions {
  readonly series: string;
  readonly glob: readonly string[];
  readonly to: string | undefined;
  /** One file, under this name. */
  readonly toFile: string | undefined;
  readonly at: string;
  readonly overwrite: Overwrite;
  readonly delete: boolean;
  readonly dryRun: boolean;
  readonly yes: boolean;
}

export async function restoreCommand(options: RestoreCommandOptions, terminal: Terminal): Promise<number> {
  const { at, overwrite, dryRun } = options;
  const file = fileOf(options);
  const to = file?.file ?? localPath('--to', options.to ?? '');
  let plan: Plan | undefined;
  const { series, others } = await openOrMirror(
    options.series,
    async () => (plan = await loadPlan(options.plan)),
    terminal,
  );
  const view: RestoreView = options.json
    ? jsonRestoreView(terminal)
    : new TextRestoreView(terminal, options.quiet);
  let isAsking = false;
  const ask = async (deletion: Deletion): Promise<void> => {
    isAsking = true;
    await askFirst(deletion, canAsk() && !options.json, stop.signal);
    isAsking = false;
  };
  const stop = stopSignal(() => view.warn('stopping; once more ends it at once'));
  const destinations = seriesFolders(plan);
  const common = {
    at,
    globs: options.glob.map(String),
    to,
    destinations,
    overwrite,
    dryRun,
    signal: stop.signal,
    report: (event: RestoreEvent): void => view.event(event),
  };
  const restoreTo = async (part: Partial<typeof common>): Promise<RestoreEnd> => {
    const given = { ...common, ...part };
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
    return await restore(series, {
      ...given,
      elsewhere: others,
      deletes: options.delete,
      ...(options.yes ? {} : { confirm: ask }),
    });
  };
  try {
    const end =
      file === undefined
        ? await restoreTo({})
        : await (
            await import('./restore-file.ts')
          ).restoreFile(file, async (glob, folder) => await restoreTo({ globs: [glob], to: folder }));
    view.end(end);
    return end.status;
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

/** What `--to-file` asks for; undefined without it. @throws {@link SnapshotError} `E_USAGE` */
function fileOf(options: RestoreCommandOptions): FileRestore | undefined {
  const { to, toFile, glob, overwrite } = options;
  if (toFile === undefined && to !== undefined) return undefined;
  if (toFile === undefined) {
    throw new SnapshotError('E_USAGE', 'Missing: --to', {
      hint: '`snapshot restore --help` shows what there is.',
    });
  }
  const [path, ...more] = glob.map(String);
  if (to !== undefined || path === undefined || more.length > 0)
    throw new SnapshotError('E_USAGE', '--to-file takes one file, and no --to');
  if (options.delete || options.dryRun)
    throw new SnapshotError(
      'E_USAGE',
      `--to-file does not go with --${options.delete ? 'delete' : 'dry-run'}`,
    );
  return { path, file: localPath('--to-file', toFile), mayReplace: overwrite !== 'never' };
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
