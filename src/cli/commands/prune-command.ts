import { EXIT_STATUS, gravestStatus, printable, SnapshotError } from '../../base/errors.ts';
import { commandLine } from '../../base/command-line.ts';
import { thisStateFolder } from '../../host/state-folder.ts';
import { Memory } from '../../jobs/status/memory.ts';
import { rememberLog } from '../../jobs/status/remember-log.ts';
import { findEachThere, refuseAway, type There } from '../../jobs/upkeep/find-there.ts';
import { findAway } from '../../jobs/run/away.ts';
import { prune, type Pruned } from '../../jobs/upkeep/prune.ts';
import { loadPlan, type Row } from '../../plan/plan.ts';
import { rowLabel } from '../../plan/row-label.ts';
import { seriesOf } from '../../jobs/store-of.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { recallFor } from '../state.ts';
import { showError } from '../views/show-error.ts';
import type { Terminal } from '../terminal.ts';

export interface PruneCommandOptions extends CommonOptions {
  readonly rows: readonly string[];
  readonly dryRun: boolean;
}

/** Rotates now: the series that are named, or those of all active rows. */
export async function pruneCommand(options: PruneCommandOptions, terminal: Terminal): Promise<number> {
  const { dryRun, json, quiet, plan } = options;
  const statuses: number[] = [];
  let rows: readonly Row[] | undefined;
  for (const find of await toPrune(options, terminal)) {
    try {
      const { series, row, waiting } = await find();
      if (row === undefined) {
        throw new SnapshotError('E_USAGE', `No row of the plan makes "${series.place()}"`, {
          hint: `What is to stay, the \`keep\` of its row says. \`${commandLine('forget')}\` removes single ones.`,
        });
      }
      // It was in the plan, so that can be read.
      rows ??= (await loadPlan(plan)).rows;
      const label = rowLabel(row, rows);
      if (waiting !== undefined) {
        // It is pruned by the run that finds it again.
        statuses.push(0);
        const event = { event: 'waiting', series: label, folder: series.place(), message: waiting };
        if (json) terminal.out(JSON.stringify(event));
        else terminal.err(`${label}: ${terminal.style('yellow', waiting)}`);
        continue;
      }
      const note = (message: string): void => {
        const event = { event: 'note', series: label, message };
        if (json) terminal.out(JSON.stringify(event));
        else terminal.err(`${label}: ${printable(message)}`);
      };
      const pruned = await prune(row, series, { dryRun, now: () => new Date(), note });
      if (!dryRun) await rememberLog(series, new Memory(thisStateFolder()), new Date(), note);
      statuses.push(pruned.status);
      if (json) terminal.out(JSON.stringify(pruneJson(label, series.place(), pruned, dryRun)));
      else if (!quiet) show(label, pruned, dryRun, terminal);
    } catch (error) {
      // The others may still make room.
      if (!(error instanceof SnapshotError)) throw error;
      statuses.push(EXIT_STATUS[error.code]);
      if (json) {
        const { code, message, hint } = error;
        terminal.out(JSON.stringify({ event: 'error', error: { code, message, hint } }));
      } else showError(error, terminal, false);
    }
  }
  const status = gravestStatus(statuses);
  if (json) terminal.out(JSON.stringify({ event: 'end', status }));
  else if (statuses.length === 0 && !quiet) terminal.out('The plan has no active row; nothing to do.');
  return status;
}

/** A series to prune, unless its disk is away, which is no trouble yet. */
interface ToPrune extends There {
  readonly waiting?: string | undefined;
}

/** What is to be pruned, each found when its turn comes. */
async function toPrune(
  { rows: names, plan: file }: PruneCommandOptions,
  terminal: Terminal,
): Promise<readonly (() => Promise<ToPrune>)[]> {
  const recall = recallFor(terminal);
  const now = new Date();
  if (names.length > 0) {
    const named = [...new Set(names.map(String))].map(
      async (name) => await findEachThere(name, file, recall, now),
    );
    return (await Promise.all(named)).flat();
  }
  const { rows } = await loadPlan(file);
  return (
    rows
      // Versions of files are let go by their runs.
      .filter(({ active, strategy }) => active && strategy !== 'mirror' && strategy !== 'sync')
      .map((row) => async () => {
        const series = seriesOf(row);
        const away = await findAway(series, row.every, await recall(series.store.label), now);
        if (away?.isOverdue === false) return { series, row, waiting: away.message };
        await refuseAway(series, row, recall, now);
        return { series, row };
      })
  );
}

function show(label: string, pruned: Pruned, dryRun: boolean, { out, style }: Terminal): void {
  const { kept, removed, heldBack } = pruned;
  const names = removed.map(({ snapshot }) => snapshot).join(', ');
  const did = dryRun ? 'would remove' : 'removed';
  const nothing = heldBack === undefined ? 'nothing to remove' : `${did} nothing`;
  out(`${label}: ${removed.length === 0 ? nothing : `${did} ${names}`}`);
  if (!dryRun) return;
  for (const { snapshot, reasons } of kept) out(style('dim', `  keeps ${snapshot}: ${reasons.join(', ')}`));
}

function pruneJson(series: string, folder: string, pruned: Pruned, dryRun: boolean): object {
  const { kept, removed, heldBack = null, status } = pruned;
  const of = { event: 'prune', series, folder, dryRun };
  return { ...of, kept, removed: removed.map(({ snapshot }) => snapshot), heldBack, status };
}
