import { resolve } from 'node:path';
import { entriesHere } from '../../host/schedulers/schedulers.ts';
import { thisStateFolder } from '../../host/state-folder.ts';
import { Memory } from '../../jobs/status/memory.ts';
import { rename } from '../../jobs/upkeep/rename.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { recallFor } from '../state.ts';
import type { Terminal } from '../terminal.ts';

export interface RenameCommandOptions extends CommonOptions {
  readonly series: string;
  readonly name: string;
}

/** Gives a series another name. */
export async function renameCommand(options: RenameCommandOptions, terminal: Terminal): Promise<number> {
  const { plan, json, quiet } = options;
  const note = (message: string): void => {
    if (json) terminal.out(JSON.stringify({ event: 'note', series: options.name, message }));
    else terminal.err(`${options.name}: ${message}`);
  };
  const memory = new Memory(thisStateFolder());
  const recall = recallFor(terminal);
  const { series, from, byHand } = await rename(options.series, options.name, {
    plan,
    memory,
    recall,
    now: new Date(),
    note,
  });
  for (const name of await entriesFor(resolve(plan), from))
    note(`the schedule "${name}" runs \`${from}\` with --only: install it again for \`${series.name}\``);
  if (json) {
    const folder = series.place();
    terminal.out(
      JSON.stringify({ event: 'renamed', series: series.name, from, folder, byHand: byHand ?? null }),
    );
    terminal.out(JSON.stringify({ event: 'end', status: 0 }));
    return 0;
  }
  if (!quiet) terminal.out(`${from} is called ${series.name} now, with all its snapshots: ${series.place()}`);
  // Until it is done, runs of the row are refused.
  if (byHand !== undefined) terminal.err(byHand);
  return 0;
}

/** Names of scheduled entries that run the row `name` of `plan` by its name. */
async function entriesFor(plan: string, name: string): Promise<readonly string[]> {
  return (await entriesHere()).flatMap((entry) => (runs(entry.command, plan, name) ? [entry.name] : []));
}

function runs(command: readonly string[], plan: string, name: string): boolean {
  const only = command.indexOf('--only');
  if (only === -1 || !command.includes(plan)) return false;
  const words = command.slice(only + 1);
  const end = words.findIndex((word) => word.startsWith('-'));
  return words.slice(0, end === -1 ? words.length : end).includes(name);
}
