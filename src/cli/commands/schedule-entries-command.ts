import { resolve } from 'node:path';
import { type SchedulerKind, thisSchedulerHost } from '../../host/schedulers/scheduler.ts';
import { schedulersOf } from '../../host/schedulers/schedulers.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { nameOfPlan } from '../options/schedule-name.ts';
import { shellWord } from '../../base/shell-word.ts';
import type { Terminal } from '../terminal.ts';

interface EntriesOptions extends CommonOptions {
  readonly with: SchedulerKind | undefined;
}

/** Shows the entries that this program has made for this user. */
export async function scheduleShowCommand(
  { json, quiet, ...options }: EntriesOptions,
  terminal: Terminal,
): Promise<number> {
  let count = 0;
  for (const scheduler of await schedulersOf(process.platform, thisSchedulerHost(), options.with)) {
    for (const entry of await scheduler.list()) {
      count++;
      if (json) terminal.out(JSON.stringify({ event: 'entry', scheduler: scheduler.kind, ...entry }));
      else if (!quiet) {
        terminal.out(`${entry.name} (${scheduler.kind}): ${entry.when}`);
        terminal.out(`  ${entry.command.map(shellWord).join(' ')}`);
      }
    }
  }
  if (json) terminal.out(JSON.stringify({ event: 'end', status: 0, entries: count }));
  else if (count === 0 && !quiet)
    terminal.out('Nothing is scheduled. `snapshot schedule install --at 02:00` does it.');
  return 0;
}

/** Takes an entry away, from whichever scheduler has it. @returns 1 when there is none of that name. */
export async function scheduleRemoveCommand(
  { json, quiet, plan, ...options }: EntriesOptions & { readonly name: string | undefined },
  terminal: Terminal,
): Promise<number> {
  const name = options.name ?? nameOfPlan(resolve(plan));
  const removed: SchedulerKind[] = [];
  for (const scheduler of await schedulersOf(process.platform, thisSchedulerHost(), options.with)) {
    if (await scheduler.remove(name)) removed.push(scheduler.kind);
  }
  const status = removed.length > 0 ? 0 : 1;
  if (json) terminal.out(JSON.stringify({ event: 'end', status, name, removed }));
  else if (status === 1)
    terminal.err(`There is no entry "${name}"; \`snapshot schedule show\` tells which there are.`);
  else if (!quiet) terminal.out(`Removed "${name}" from ${removed.join(' and ')}.`);
  return status;
}
