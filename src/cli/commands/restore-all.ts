// Every series at once, for a new machine or a disk that is new: each into a folder of its name.
import { join, resolve } from 'node:path';
import { commandLine } from '../../base/command-line.ts';
import { shellWord } from '../../base/shell-word.ts';
import { EXIT_STATUS, gravestStatus, SnapshotError } from '../../base/errors.ts';
import { isSameName } from '../../base/same-name.ts';
import { findAll, goneSeries } from '../../jobs/address.ts';
import { type Nearest, nearestOf } from '../../jobs/destinations/nearest.ts';
import { needReach } from '../../jobs/open-reachable.ts';
import type { Recall } from '../../jobs/status/memory.ts';
import { seriesOf } from '../../jobs/store-of.ts';
import { localPath } from '../../plan/local-path.ts';
import { loadPlan, type Plan, type Row } from '../../plan/plan.ts';
import { type Together, together } from '../../plan/together.ts';
import { recallFor } from '../state.ts';
import type { Terminal } from '../terminal.ts';
import { missing, type RestoreCommandOptions } from './restore-command.ts';
import { restoring } from './restoring.ts';

/** A series to restore, once it is its turn. */
interface Turn {
  readonly name: string;
  /** Its row is switched off: then it may well have no snapshots. */
  readonly isOff?: boolean;
  /** @throws {@link SnapshotError} when it cannot be looked into. */
  readonly open: () => Promise<Nearest>;
}

/**
 * Restores the series of the plan and those that the plan has no more, or all that lie in the folder that is named. One that cannot
 * be restored does not keep the others from it.
 *
 * @throws {@link SnapshotError} `E_USAGE` before anything is written, when two of them would go into one folder.
 */
export async function restoreAll(options: RestoreCommandOptions, terminal: Terminal): Promise<number> {
  if (options.glob.length > 0 || options.toFile !== undefined)
    throw new SnapshotError('E_USAGE', '--all restores everything: it takes no globs, and no --to-file');
  if (options.to === undefined) throw missing('--to');
  const to = resolve(localPath('--to', options.to));
  let plan: Plan | undefined;
  const load = async (): Promise<Plan> => (plan = await loadPlan(options.plan));
  const recall = recallFor(terminal);
  const turns =
    options.series === undefined
      ? await turnsOfPlan(await load(), recall)
      : turnsOf(await findAll(options.series, load, recall));
  refuseTwins(turns);
  return await restoring(options, plan, terminal, async (restoreTo, view) => {
    const statuses: number[] = [];
    for (const { name, isOff, open } of turns) {
      try {
        const nearest = await open();
        await needReach(nearest.series, recall);
        if (isOff === true && (await isEmpty(nearest.series))) continue;
        view.begin(name);
        const end = await restoreTo(nearest, join(to, name), []);
        view.series(end);
        statuses.push(end.status);
      } catch (error) {
        if (!(error instanceof SnapshotError) || error.code === 'E_STOPPED') throw error;
        view.failed(name, error);
        // It is not the command that is wrong.
        statuses.push(error.code === 'E_USAGE' ? 1 : EXIT_STATUS[error.code]);
      }
    }
    const status = statuses.length === 0 ? 1 : gravestStatus(statuses);
    const restored = statuses.filter((one) => one === 0).length;
    view.all({ status, restored, of: statuses.length, to, dryRun: options.dryRun });
    return status;
  });
}

function turnsOf(all: readonly Nearest['series'][]): readonly Turn[] {
  return all.map((series) => ({
    name: series.title,
    open: async () => await Promise.resolve({ series, others: [] }),
  }));
}

/** Those of rows that are gone come last. */
async function turnsOfPlan(plan: Plan, recall: Recall): Promise<readonly Turn[]> {
  const open = async (rows: Together<Row>): Promise<Nearest> => {
    const [row, ...more] = rows;
    if (row.label !== undefined) {
      throw new SnapshotError('E_ROW', `"${row.label}" matches no folder here, so its series are not known`, {
        hint: `\`${commandLine(`restore ${shellWord(row.destination)} --all --to FOLDER`)}\` restores all that lie there.`,
      });
    }
    return more.length > 0 ? await nearestOf(rows, recall) : { series: seriesOf(row), others: [] };
  };
  const rows = together(plan.rows).map((all) => ({
    name: all[0].label ?? all[0].name,
    isOff: !all[0].active,
    open: async () => await open(all),
  }));
  return [...rows, ...turnsOf(await goneSeries(plan))];
}

async function isEmpty(series: Nearest['series']): Promise<boolean> {
  if (!series.hasSnapshots) return false;
  const { snapshots, damaged } = await series.survey();
  return snapshots.length + damaged.length === 0;
}

function refuseTwins(turns: readonly Turn[]): void {
  const names = turns.map(({ name }) => name);
  const twin = names.find((name, i) => names.findIndex((other) => isSameName(other, name)) < i);
  if (twin === undefined) return;
  throw new SnapshotError('E_USAGE', `There is more than one series called \`${twin}\``, {
    hint: 'Nothing was done. Restore them one by one, each named by its folder.',
  });
}
