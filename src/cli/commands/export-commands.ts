// The commands that hand out what snapshots hold: what they are called, their options and their help.
import type { Argv } from 'yargs';
import { EXPORT_FORMATS } from '../../jobs/export/formats.ts';
import type { CommonOptions } from '../options/common-options.ts';
import type { Terminal } from '../terminal.ts';

const SERIES = {
  type: 'string',
  describe: "A name from the plan, or the path of a series' folder",
  demandOption: true,
} as const;

const AT = {
  type: 'string',
  default: 'latest',
  describe: 'latest, latest~1, yesterday, 2d, a date, a month, the start of a name',
  requiresArg: true,
} as const;

/** Adds them to `parser`. @param end - Gets the exit status of the one that ran. */
export function addExportCommands<T extends CommonOptions>(
  parser: Argv<T>,
  terminal: Terminal,
  end: (status: number) => void,
): Argv<T> {
  return addCopyCommand(parser, terminal, end)
    .command(
      'export <series> [glob..]',
      'Make one ordinary archive of a snapshot',
      (command) =>
        command
          .positional('series', SERIES)
          .positional('glob', {
            type: 'string',
            array: true,
            default: [],
            describe: 'What to export, in the syntax of .gitignore; everything by default',
          })
          .group('to', 'Options:')
          .option('to', {
            alias: 't',
            type: 'string',
            demandOption: true,
            describe: 'The file to write; - is the standard output',
            requiresArg: true,
          })
          .option('as', {
            choices: EXPORT_FORMATS,
            describe: 'Which kind of archive; by default, what the file ends with',
            requiresArg: true,
          })
          .option('at', AT)
          .option('overwrite', {
            type: 'boolean',
            default: false,
            describe: 'Replace the file, if it is there already',
          })
          .example('$0 export documents --to documents.zip', 'everything, as it was last')
          .example('$0 export documents letters "*.odt" --at 2026-11-19 --to old.tar.gz', 'some of it')
          .example('$0 export documents --as tar --to - | ssh host tar -x', 'to another machine'),
      async (options) => end(await (await import('./export-command.ts')).exportCommand(options, terminal)),
    )
    .command(
      'cat <series> <path>',
      'Write one file of a snapshot to the standard output',
      (command) =>
        command
          .positional('series', SERIES)
          .positional('path', {
            type: 'string',
            demandOption: true,
            describe: 'The file, as `files` shows it',
          })
          .group('at', 'Options:')
          .option('at', AT)
          .example('$0 cat documents letters/2026.txt', 'as it was last')
          .example('$0 cat documents notes.txt --at 2026-11-19 | diff - notes.txt', 'what changed since'),
      async (options) => end(await (await import('./cat-command.ts')).catCommand(options, terminal)),
    );
}

/** The one that hands out a series as a whole. */
function addCopyCommand<T extends CommonOptions>(
  parser: Argv<T>,
  terminal: Terminal,
  end: (status: number) => void,
): Argv<T> {
  return parser.command(
    'copy <series> <destination>',
    'Bring a series to another place, whole or what is missing there',
    (command) =>
      command
        .positional('series', SERIES)
        .positional('destination', {
          type: 'string',
          demandOption: true,
          describe: 'A folder or an address: the series becomes a folder of its name there',
        })
        .group('encrypt', 'Options:')
        .option('encrypt', {
          type: 'string',
          describe: 'For these recipients, or those in a file; none: in the clear. Default: as it is',
          requiresArg: true,
        })
        .option('max-rate', {
          type: 'string',
          describe: 'Write no faster than this: 20MB/s',
          requiresArg: true,
        })
        .option('dry-run', {
          alias: 'n',
          type: 'boolean',
          default: false,
          describe: 'Say what would be brought',
        })
        .example('$0 copy documents /mnt/second', 'to another disk, with its history')
        .example('$0 copy documents sftp://nas/~/backup', 'to a server; once more brings what is new')
        .example('$0 copy /mnt/old/documents /mnt/new', 'without a plan'),
    async (options) => end(await (await import('./copy-command.ts')).copyCommand(options, terminal)),
  );
}
