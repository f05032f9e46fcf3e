import { init } from '../../jobs/init.ts';
import { commandLine } from '../../base/command-line.ts';
import type { CommonOptions } from '../options/common-options.ts';
import type { Terminal } from '../terminal.ts';

export async function initCommand({ plan, json, quiet }: CommonOptions, terminal: Terminal): Promise<number> {
  await init(plan);
  if (json) terminal.out(JSON.stringify({ event: 'end', status: 0, plan }));
  else if (!quiet) {
    terminal.out(`Wrote ${plan}. Edit it, then try:\n`);
    terminal.out(`  ${commandLine('check')}      is everything right?`);
    terminal.out(`  ${commandLine('run')}        make the first snapshots`);
  }
  return 0;
}
