import { SnapshotError } from '../../base/errors.ts';
import type { Overwrite } from '../../jobs/restore/target-plan.ts';
import { localPath } from '../../plan/local-path.ts';
import { loadPlan, type Plan } from '../../plan/plan.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { openOrMirror } from '../state.ts';
import type { Terminal } from '../terminal.ts';
import type { FileRestore } from './restore-file.ts';
import { restoring } from './restoring.ts';

export interface RestoreCommandOptions extends CommonOptions {
  /** With `all`, also a folder of series. */
  readonly series: string | undefined;
  readonly glob: readonly string[];
  /** Every series, each into a folder of its name. */
  readonly all: boolean;
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
  if (options.all) return await (await import('./restore-all.ts')).restoreAll(options, terminal);
  if (options.series === undefined) throw missing('series', 'Name one, or restore all with --all.');
  const file = fileOf(options);
  const to = file?.file ?? localPath('--to', options.to ?? '');
  let plan: Plan | undefined;
  const nearest = await openOrMirror(
    options.series,
    async () => (plan = await loadPlan(options.plan)),
    terminal,
  );
  return await restoring(options, plan, terminal, async (restoreTo, view) => {
    const end =
      file === undefined
        ? await restoreTo(nearest, to, options.glob.map(String))
        : await (
            await import('./restore-file.ts')
          ).restoreFile(file, async (glob, folder) => await restoreTo(nearest, folder, [glob]));
    view.end(end);
    return end.status;
  });
}

/** What `--to-file` asks for; undefined without it. @throws {@link SnapshotError} `E_USAGE` */
function fileOf(options: RestoreCommandOptions): FileRestore | undefined {
  const { to, toFile, glob, overwrite } = options;
  if (toFile === undefined && to !== undefined) return undefined;
  if (toFile === undefined) throw missing('--to');
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

/** That `what` was not said. */
export function missing(
  what: string,
  hint = '`snapshot restore --help` shows what there is.',
): SnapshotError {
  return new SnapshotError('E_USAGE', `Missing: ${what}`, { hint });
}
