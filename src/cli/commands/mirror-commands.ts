// The commands about mirrors: what they are called, their options and their help.
import type { Argv } from 'yargs';
import type { CommonOptions } from '../options/common-options.ts';
import { type FileOptions, withDefaults } from '../options/config-file.ts';
import { NOTICE_OPTIONS } from '../options/notice-options.ts';
import type { Terminal } from '../terminal.ts';

const UNTIL_IDLE = {
  type: 'boolean',
  default: false,
  describe: 'End when everything is copied and nothing happens for a few seconds',
} as const;

const ACCEPT = {
  'accept-changes': {
    type: 'boolean',
    default: false,
    describe: 'Delete also what a guard would hold; for once',
  },
  adopt: {
    type: 'boolean',
    default: false,
    describe: 'Go on with a mirror that is of another source or machine',
  },
} as const;

/** Adds them to `parser`. @param end - Gets the exit status of the one that ran. */
export function addMirrorCommands<T extends CommonOptions>(
  parser: Argv<T>,
  terminal: Terminal,
  file: FileOptions,
  end: (status: number) => void,
): Argv<T> {
  return parser
    .command(
      'push <paths..>',
      'Copy files or folders now: to their place in a mirror of the plan, or beside all mirrors',
      (command) =>
        command
          .positional('paths', { type: 'string', array: true, demandOption: true, describe: 'What to copy' })
          .group('to', 'Options:')
          .option('to', {
            alias: 't',
            type: 'string',
            describe: 'A folder, or the name of a mirror: it goes to pushed/HOST/PATH there',
            requiresArg: true,
          })
          .example('$0 push thesis.odt --to /mnt/disk', 'to /mnt/disk/pushed/HOST/... with its whole path'),
      async (options) => end(await (await import('./push-command.ts')).pushCommand(options, terminal)),
    )
    .command(
      'mirror [source] [dest]',
      'Copy a folder as it is, with older versions beside it; no plan is needed',
      (command) =>
        command
          .positional('source', { type: 'string', describe: 'The folder to copy' })
          .positional('dest', {
            type: 'string',
            describe: 'The folder in which the mirror is, under its name',
          })
          .group(['watch', 'until-idle', 'name', 'keep', 'exclude', 'dry-run', 'rehash'], 'Options:')
          .group(['accept-changes', 'adopt'], 'Options:')
          .option('watch', { type: 'boolean', default: false, describe: 'Go on, as the folder changes' })
          .option('until-idle', UNTIL_IDLE)
          .option('name', {
            type: 'string',
            describe: 'Its name; default: that of the folder',
            requiresArg: true,
          })
          .option('keep', {
            type: 'string',
            describe: 'How long versions stay: 30d (the default), last=10, daily=7 ...',
            requiresArg: true,
          })
          .option('exclude', {
            type: 'string',
            array: true,
            default: [] as string[],
            describe: 'Globs in the syntax of .gitignore',
            requiresArg: true,
          })
          .option('dry-run', {
            alias: 'n',
            type: 'boolean',
            default: false,
            describe: 'Say what would be done',
          })
          .option('rehash', {
            type: 'boolean',
            default: false,
            describe: 'Read both sides, whatever times say',
          })
          .options(ACCEPT)
          .example('$0 mirror ~/photos /mnt/disk', 'to /mnt/disk/photos, once')
          .example('$0 mirror ~/photos /mnt/disk --watch', 'and go on'),
      async (options) => end(await (await import('./mirror-command.ts')).mirrorCommand(options, terminal)),
    )
    .command(
      'watch',
      'Keep the mirrors and syncs of the plan up to date, and run its other rows when they are due',
      (command) =>
        command
          .group(['only', 'until-idle', 'accept-changes', 'adopt'], 'Options:')
          .option('only', {
            alias: 'o',
            type: 'string',
            array: true,
            default: [] as string[],
            describe: 'Only these rows, by name',
            requiresArg: true,
          })
          .option('until-idle', UNTIL_IDLE)
          .options(ACCEPT)
          .options(withDefaults(NOTICE_OPTIONS, file))
          .example('$0 watch', 'until Ctrl-C')
          .example('$0 watch --only photos --notify ntfy:https://ntfy.sh/my-topic', 'and tell of trouble'),
      async (options) => end(await (await import('./watch-command.ts')).watchCommand(options, terminal)),
    );
}
