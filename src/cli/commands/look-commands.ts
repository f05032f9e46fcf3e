// The commands that only look: what they are called, their options and their help.
import type { Argv } from 'yargs';
import type { CommonOptions } from '../options/common-options.ts';
import type { Terminal } from '../terminal.ts';

const SERIES = {
  type: 'string',
  describe: "A name from the plan, or the path of a series' folder",
  demandOption: true,
} as const;

const GLOBS = {
  type: 'string',
  array: true,
  describe: '*.jpg anywhere, /notes at the top, letters/ with all in it, !*.tmp not',
} as const;

const AT = {
  type: 'string',
  describe: 'latest, latest~1, yesterday, 2d, a date, a month, the start of a name',
  requiresArg: true,
} as const;

/** Adds them to `parser`. @param end - Gets the exit status of the one that ran. */
export function addLookCommands<T extends CommonOptions>(
  parser: Argv<T>,
  terminal: Terminal,
  end: (status: number) => void,
): Argv<T> {
  return parser
    .command(
      'list [series]',
      'What snapshots there are',
      (command) =>
        command
          .positional('series', { ...SERIES, demandOption: false })
          .example('$0 list documents', 'one series')
          .example('$0 list /mnt/backup/documents', 'on a machine without the plan'),
      async (options) => end(await (await import('./list-command.ts')).listCommand(options, terminal)),
    )
    .command(
      'files <series> [globs..]',
      'What a snapshot holds',
      (command) =>
        command
          .positional('series', SERIES)
          .positional('globs', { ...GLOBS, default: [] })
          .group('at', 'Options:')
          .option('at', AT)
          .example('$0 files documents', 'everything in the latest snapshot')
          .example("$0 files documents '*.odt' --at 2026-11-19", 'as it was at the end of that day'),
      async (options) => end(await (await import('./files-command.ts')).filesCommand(options, terminal)),
    )
    .command(
      'diff <series> [from] [to]',
      'What changed between two snapshots',
      (command) =>
        command
          .positional('series', SERIES)
          .positional('from', { type: 'string', describe: 'As --at; default: the one before the latest' })
          .positional('to', { type: 'string', describe: 'As --at, or now: the source; default: the latest' })
          .group(['stat', 'patch', 'all'], 'Options:')
          .option('stat', { type: 'boolean', default: false, describe: 'How much, by folders at the top' })
          .option('patch', {
            alias: 'p',
            type: 'boolean',
            default: false,
            describe: 'What differs in texts, line by line, as `patch` takes it',
          })
          .option('all', {
            type: 'boolean',
            default: false,
            describe: 'Each path of a folder that came or went as a whole',
          })
          .example('$0 diff documents', 'what the last snapshot brought')
          .example('$0 diff documents 2026-11-01', 'what changed since then')
          .example('$0 diff documents now', 'what would be backed up'),
      async (options) => end(await (await import('./diff-command.ts')).diffCommand(options, terminal)),
    )
    .command(
      'find <globs..>',
      'In which snapshots a file is',
      (command) =>
        command
          .positional('globs', { ...GLOBS, demandOption: true })
          .group('series', 'Options:')
          .option('series', {
            type: 'string',
            describe: 'Only in this one, by name or by its folder',
            requiresArg: true,
          })
          .example("$0 find '*.odt'", 'in all series of the plan')
          .example('$0 find /letters/2026.odt --series /mnt/backup/documents', 'without a plan'),
      async (options) => end(await (await import('./find-command.ts')).findCommand(options, terminal)),
    )
    .command(
      ['stats <series>', 'du <series>'],
      'What takes the space, by folder and by snapshot',
      (command) =>
        command
          .positional('series', SERIES)
          .group(['at', 'depth'], 'Options:')
          .option('at', { ...AT, default: 'latest' })
          .option('depth', {
            type: 'number',
            default: 1,
            describe: 'How many levels of folders',
            requiresArg: true,
          })
          .example('$0 stats documents', 'and what the removal of a snapshot would free')
          .example('$0 du documents --depth 3', 'the same, deeper'),
      async (options) => end(await (await import('./stats-command.ts')).statsCommand(options, terminal)),
    )
    .command(
      'versions <mirror> [globs..]',
      'What the files of a mirror, or of a pair that is synced, were before',
      (command) =>
        command
          .positional('mirror', { ...SERIES, describe: 'A name from the plan, or the path of its folder' })
          .positional('globs', { ...GLOBS, default: [] })
          .example('$0 versions photos', 'all that was replaced or deleted, and is kept')
          .example('$0 versions photos /2026/a.jpg', 'of one file'),
      async (options) =>
        end(await (await import('./versions-command.ts')).versionsCommand(options, terminal)),
    )
    .command(
      'status [series]',
      'How every row is doing, and which need you',
      (command) =>
        command
          .positional('series', { ...SERIES, demandOption: false })
          .group(['html', 'prometheus'], 'Options:')
          .option('html', {
            type: 'string',
            describe: 'Also write a page with plots to this file, for a mail or a wall',
            requiresArg: true,
          })
          .option('prometheus', {
            type: 'boolean',
            default: false,
            describe: 'Metrics in the text format of Prometheus',
          })
          .example('$0 status', 'all active rows; status 1 when one is overdue or failing')
          .example('$0 status --prometheus > snapshot.prom', "for node_exporter's textfile collector"),
      async (options) => end(await (await import('./status-command.ts')).statusCommand(options, terminal)),
    )
    .command(
      'completion [shell]',
      'Print what makes a shell complete words',
      (command) =>
        command
          .positional('shell', { choices: ['bash', 'zsh', 'fish'] as const, describe: 'Default: yours' })
          .example('$0 completion bash >> ~/.bashrc', 'for bash')
          .example('$0 completion zsh >> ~/.zshrc', 'for zsh')
          .example('$0 completion fish > ~/.config/fish/completions/snapshot.fish', 'for fish'),
      async ({ shell, json }) =>
        end(
          (await import('./completion-command.ts')).completionCommand(
            shell,
            process.env['SHELL'],
            json,
            terminal,
          ),
        ),
    );
}
