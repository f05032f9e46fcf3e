import { SnapshotError } from '../../base/errors.ts';
import { setAgain } from '../../series/guards.ts';
import { shellWord } from '../../base/shell-word.ts';
import { parsePlan, type Plan } from '../../plan/plan.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { ask, canAsk } from '../confirm.ts';
import type { Terminal } from '../terminal.ts';

export interface MirrorCommandOptions extends CommonOptions {
  readonly source: string | undefined;
  readonly dest: string | undefined;
  readonly watch: boolean;
  readonly untilIdle: boolean;
  readonly name: string | undefined;
  readonly keep: string | undefined;
  readonly exclude: readonly string[];
  readonly dryRun: boolean;
  readonly rehash: boolean;
  readonly acceptChanges: boolean;
  readonly adopt: boolean;
}

/** Mirrors one folder, without a plan. */
export async function mirrorCommand(options: MirrorCommandOptions, terminal: Terminal): Promise<number> {
  const [source, dest] = await foldersOf(options);
  const plan = await planOf(options, source, dest);
  setAgain(`mirror ${shellWord(source)} ${shellWord(dest)}`);
  const { untilIdle, acceptChanges, adopt, dryRun, rehash } = options;
  if (options.watch || untilIdle) {
    if (dryRun || rehash) {
      throw new SnapshotError('E_USAGE', `--watch does not go with ${dryRun ? '--dry-run' : '--rehash'}`);
    }
    const { watchWith } = await import('./watch-command.ts');
    return await watchWith(plan, { ...options, only: [], untilIdle, acceptChanges, adopt }, terminal);
  }
  const { mirrorOnce } = await import('./mirror-once.ts');
  return await mirrorOnce(plan, { ...options, only: [] }, terminal);
}

/** @throws {@link SnapshotError} `E_USAGE` where nobody can be asked, or nothing is said. */
async function foldersOf({ source, dest }: MirrorCommandOptions): Promise<readonly [string, string]> {
  const asked = [
    ...(source === undefined ? ['Which folder? '] : []),
    ...(dest === undefined ? ['To which folder? '] : []),
  ];
  const answers = canAsk() ? await ask(asked) : [];
  const [from, to] = [source ?? answers[0], dest ?? answers.at(asked.length - 1)];
  if (from !== undefined && to !== undefined && answers.length === asked.length) return [from, to];
  throw new SnapshotError('E_USAGE', 'Which folder is to be mirrored, and to which one?', {
    hint: 'Write `snapshot mirror SOURCE DEST`.',
  });
}

/** A plan with one row, checked as any other. */
async function planOf(
  { name = '', keep = '', exclude }: MirrorCommandOptions,
  source: string,
  dest: string,
): Promise<Plan> {
  const cells = [source, dest, name, 'mirror', keep, exclude.map(String).join('|')];
  const row = cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',');
  const text = `source,destination,name,strategy,keep,exclude\n${row}\n`;
  return await parsePlan(Buffer.from(text), 'the command line');
}
