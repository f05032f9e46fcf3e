import { isAbsolute, resolve } from 'node:path';
import { commandLine } from '../../base/command-line.ts';
import { init, refuseExisting } from '../../jobs/init.ts';
import type { FirstRow } from '../../plan/template.ts';
import { ask, canAsk } from '../confirm.ts';
import type { CommonOptions } from '../options/common-options.ts';
import type { Terminal } from '../terminal.ts';

/** Writes a plan, with what is answered on a terminal. */
export async function initCommand({ plan, json, quiet }: CommonOptions, terminal: Terminal): Promise<number> {
  // Before somebody answers for nothing.
  await refuseExisting(plan);
  const row = canAsk() && !json && !quiet ? await askForRow() : undefined;
  await init(plan, row);
  if (json) terminal.out(JSON.stringify({ event: 'end', status: 0, plan }));
  else if (!quiet) {
    const [check, run] = [commandLine('check'), commandLine('run')];
    const width = Math.max(check.length, run.length);
    terminal.out(row === undefined ? `Wrote ${plan}. Edit it, then:\n` : `Wrote ${plan}. Next:\n`);
    terminal.out(`  ${check.padEnd(width)}    is everything right?`);
    terminal.out(`  ${run.padEnd(width)}    make the first snapshots`);
  }
  return 0;
}

/** @returns undefined when the plan is to be edited by hand. */
async function askForRow(): Promise<FirstRow | undefined> {
  const [source, destination] = await ask([
    'Which folder is to be backed up? (Enter: edit the plan by hand)  ',
    'To where? A folder on another disk, or an address:  ',
  ]);
  if (source === undefined || destination === undefined) return undefined;
  return { source: typedPath(source), destination: typedPath(destination) };
}

/** In a plan, relative paths start at its file; whoever types one means this folder. */
function typedPath(text: string): string {
  return isAbsolute(text) || /^(?:[~$%]|[\w+.-]{2,}:)/.test(text) ? text : resolve(text);
}
