// The command for keys: how it is called, its options and its help.
import type { Argv } from 'yargs';
import type { CommonOptions } from '../options/common-options.ts';
import type { Terminal } from '../terminal.ts';

/** Adds it to `parser`. @param end - Gets its exit status. */
export function addKeyCommand<T extends CommonOptions>(
  parser: Argv<T>,
  terminal: Terminal,
  end: (status: number) => void,
): Argv<T> {
  return parser.command(
    'key <action> [file]',
    'Make, show or check the keys for encrypted snapshots',
    (command) =>
      command
        .positional('action', {
          choices: ['new', 'show', 'check'] as const,
          demandOption: true,
          describe: 'new: one for this machine, and one for recovery; check: is that on paper right?',
        })
        .positional('file', {
          type: 'string',
          describe: 'For check: where the recovery key is, if not typed',
        })
        .example('$0 key new', 'before the first encrypted snapshot')
        .example('$0 key check', 'type the recovery key from your paper'),
    async (options) => end(await (await import('./key-command.ts')).keyCommand(options, terminal)),
  );
}
