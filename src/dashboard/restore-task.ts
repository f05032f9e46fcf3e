// Restores some of a snapshot, or of a mirror, as `snapshot restore` does.
import type { RestoreMirrorOptions } from '../jobs/mirror/restore-mirror.ts';
import { PairSeries } from '../jobs/sync/pair-series.ts';
import type { Series } from '../series/series.ts';
import { formatBytes, formatCountOf } from '../base/amounts.ts';
import { commandLine } from '../base/command-line.ts';
import { shellWord } from '../base/shell-word.ts';
import { restore } from '../jobs/restore/restore.ts';
import type { RestoreEnd, RestoreEvent } from '../jobs/restore/restore-events.ts';
import type { Overwrite } from '../jobs/restore/target-plan.ts';
import type { Plan } from '../plan/plan.ts';
import { globFor } from '../tree/globs.ts';
import type { BytePath } from '../tree/path.ts';
import { localDestinations, type PageRow } from './rows.ts';
import type { TaskEnd, TaskReport } from './tasks.ts';

export interface RestoreAsked {
  readonly at: string;
  /** Empty: all of it. */
  readonly path: BytePath;
  /** The folder, absolute. */
  readonly to: string;
  readonly overwrite: Overwrite;
  readonly dryRun: boolean;
}

/** The command that does what {@link restoreTask} does. @param to - For people, where it is not known. */
export function restoreCommandLine(
  word: string,
  { at, path, to, overwrite, dryRun }: Omit<RestoreAsked, 'overwrite'> & { readonly overwrite?: Overwrite },
): string {
  const what = path === '' ? '' : ` ${shellWord(globFor(path))}`;
  const when = at === 'latest' ? '' : ` --at ${shellWord(at)}`;
  const replacing = overwrite === undefined || overwrite === 'never' ? '' : ` --overwrite ${overwrite}`;
  return commandLine(
    `restore ${word}${what}${when} --to ${shellWord(to)}${replacing}${dryRun ? ' --dry-run' : ''}`,
  );
}

export async function restoreTask(
  { series }: PageRow,
  plan: Plan,
  { at, path, to, overwrite, dryRun }: RestoreAsked,
  report: TaskReport,
  signal: AbortSignal,
): Promise<TaskEnd> {
  const counts = { make: 0, replace: 0, same: 0, refuse: 0 };
  const options = {
    at,
    globs: path === '' ? [] : [{ path }],
    to,
    destinations: localDestinations(plan),
    overwrite,
    dryRun,
    signal,
    report: (event: RestoreEvent): void => {
      if (event.event === 'progress') report.progress(event);
      else if (event.event === 'problem') report.problem(`${event.path}: ${event.reason}`);
      else if (event.event === 'note') report.note(event.message);
      else if (event.type !== 'folder' && event.do in counts) counts[event.do as keyof typeof counts]++;
    },
  };
  const end = await restoreAny(series, options);
  const { files, bytes, links, same, problems, refused, status } = end;
  return {
    said: saidOf(end, counts),
    status,
    counts: { ...counts, files, bytes, links, same, problems, refused },
  };
}

async function restoreAny(series: Series, options: RestoreMirrorOptions): Promise<RestoreEnd> {
  if (series instanceof PairSeries)
    return await (await import('../jobs/sync/restore-pair.ts')).restorePair(series, options);
  if (series.isMirror)
    return await (await import('../jobs/mirror/restore-mirror.ts')).restoreMirror(series, options);
  return await restore(series, { ...options, deletes: false });
}

function saidOf(
  end: RestoreEnd,
  { replace, refuse }: { readonly replace: number; readonly refuse: number },
): string {
  const { dryRun, files, bytes, same, problems, target } = end;
  const parts = [
    `${formatCountOf(files, 'file')} (${formatBytes(bytes)}) ${dryRun ? 'would be written' : 'restored'} to ${target}`,
    ...(replace > 0 ? [`${formatCountOf(replace, 'file')} of them in place of others that are there`] : []),
    ...(refuse > 0 ? [`${formatCountOf(refuse, 'path')} in the way, which must not be replaced`] : []),
    ...(same > 0 ? [`${formatCountOf(same, 'file')} there already`] : []),
    ...(problems > 0 ? [formatCountOf(problems, 'problem')] : []),
  ];
  return parts.join('; ');
}
