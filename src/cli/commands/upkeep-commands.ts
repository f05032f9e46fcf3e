// The commands that change a series by hand: what they are called, their options and their help.
import type { Argv } from 'yargs';
import type { CommonOptions } from '../options/common-options.ts';
import type { Terminal } from '../terminal.ts';

const SNAPSHOT = {
  type: 'string',
  describe: 'latest, latest~1, yesterday, 2d, a date, a month, the start of a name',
  demandOption: true,
} as const;
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
  const done = addSnapshotCommands(parser, terminal, end);
  return done.command(
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

/** Those about snapshots, one or all. */
function addSnapshotCommands<T extends CommonOptions>(
  parser: Argv<T>,
  terminal: Terminal,
  end: (status: number) => void,
): Argv<T> {
  return parser
    .command(
      'prune [rows..]',
      'Rotate now: remove the snapshots that `keep` lets go',
      (command) =>
        command
          .positional('rows', {
            type: 'string',
            array: true,
            default: [],
            describe: 'Default: all active rows',
          })
          .group('dry-run', 'Options:')
          .option('dry-run', { alias: 'n', type: 'boolean', default: false, describe: 'Say what would go' })
          .example('$0 prune --dry-run', 'after `keep` was lowered')
          .example('$0 prune documents', 'when there is no room'),
      async (options) => end(await (await import('./prune-command.ts')).pruneCommand(options, terminal)),
    )
    .command(
      'pin <series> <snapshot>',
      'Keep a snapshot, whatever `keep` says',
      (command) =>
        command
          .positional('series', SERIES)
          .positional('snapshot', SNAPSHOT)
          .group('reason', 'Options:')
          .option('reason', { type: 'string', describe: 'Why it stays', requiresArg: true })
          .example('$0 pin documents 2026-11-19 --reason "before the move"', 'keep that of the 19th'),
      async (options) => end(await (await import('./pin-command.ts')).pinCommand(options, terminal)),
    )
    .command(
      'unpin <series> <snapshot>',
      'Leave a pinned snapshot to `keep` again',
      (command) =>
        command
          .positional('series', SERIES)
          .positional('snapshot', SNAPSHOT)
          .example('$0 unpin documents 2026-11-19', 'it goes when its turn comes'),
      async (options) => end(await (await import('./pin-command.ts')).unpinCommand(options, terminal)),
    )
    .command(
      'forget <series> <snapshot>',
      'Remove one snapshot for good',
      (command) =>
        command
          .positional('series', SERIES)
          .positional('snapshot', SNAPSHOT)
          .group('yes', 'Options:')
          .option('yes', { alias: 'y', type: 'boolean', default: false, describe: 'Without a question' })
          .example('$0 forget documents 2026-11-19T02-00-00Z', 'asks first'),
      async (options) => end(await (await import('./forget-command.ts')).forgetCommand(options, terminal)),
    )
    .command(
      'rename <series> <name>',
      'Give a series another name, with its history',
      (command) =>
        command
          .positional('series', SERIES)
          .positional('name', { type: 'string', describe: 'What it is to be called', demandOption: true })
          .example('$0 rename documents papers', 'the folder, the plan, and what is known of it'),
      async (options) => end(await (await import('./rename-command.ts')).renameCommand(options, terminal)),
    );
}
