// The commands that change a series by hand: what they are called, their options and their help.
import type { Argv } from 'yargs';
import type { CommonOptions } from '../options/common-options.ts';
import type { Terminal } from '../terminal.ts';

const SERIES = {
  type: 'string',
  describe: "A name from the plan, or the path of a series' folder",
  demandOption: true,
} as const;

/** Adds them to `parser`. @param end - Gets the exit status of the one that ran. */
export function addUpkeepCommands<T extends CommonOptions>(
  parser: Argv<T>,
  terminal: Terminal,
  end: (status: number) => void,
): Argv<T> {
  return parser.command(
    'accept <series> [path]',
    'Say that a problem is known, or list those that are',
    (command) =>
      command
        .positional('series', SERIES)
        .positional('path', {
          type: 'string',
          describe: 'From the source on; . when no row makes the series any more',
        })
        .group('reason', 'Options:')
        .option('reason', { type: 'string', describe: 'Why it is no trouble', requiresArg: true })
        .option('remove', { type: 'boolean', default: false, describe: 'It is trouble again' })
        .example('$0 accept documents private --reason "not mine"', 'what cannot be read there is known')
        .example('$0 accept documents', 'what is known'),
    async (options) => end(await (await import('./accept-command.ts')).acceptCommand(options, terminal)),
  );
}
