// The commands that get files back, and prove that they can: what they are called, their options and their help.
import type { Argv } from 'yargs';
import type { CommonOptions } from '../options/common-options.ts';
import { type FileOptions, withDefaults } from '../options/config-file.ts';
import { NOTICE_OPTIONS } from '../options/notice-options.ts';
import { RUN_OPTIONS } from '../options/run-options.ts';
import type { Terminal } from '../terminal.ts';

/** Adds them to `parser`. @param end - Gets the exit status of the one that ran. */
export function addRestoreCommands<T extends CommonOptions>(
  parser: Argv<T>,
  terminal: Terminal,
  file: FileOptions,
  end: (status: number) => void,
): Argv<T> {
  return parser
    .command(
      'restore [series] [glob..]',
      'Get files back, each verified',
      (command) =>
        command
          .positional('series', {
            type: 'string',
            describe: "A name from the plan, or the path of a series' folder; left out with --all",
          })
          .positional('glob', {
            type: 'string',
            array: true,
            default: [],
            describe: 'What to restore, in the syntax of .gitignore; everything by default',
          })
          .group(['all', 'to', 'to-file'], 'Options:')
          .option('all', {
            type: 'boolean',
            default: false,
            describe: 'All series of the plan, or in a folder, each into a folder of its name',
          })
          .option('to', {
            alias: 't',
            type: 'string',
            describe: 'The folder to restore into; it, or --to-file, must be there',
            requiresArg: true,
          })
          .option('to-file', { type: 'string', describe: 'One file, under this name', requiresArg: true })
          .option('at', {
            type: 'string',
            default: 'latest',
            describe: 'latest, latest~1, yesterday, 2d, a date, a month, the start of a name',
            requiresArg: true,
          })
          .option('overwrite', {
            choices: ['never', 'if-changed', 'always'] as const,
            default: 'never' as const,
            describe: 'What may happen to files that are there already',
            requiresArg: true,
          })
          .option('delete', {
            type: 'boolean',
            default: false,
            describe: 'Delete there what the snapshot does not have; needs --overwrite',
          })
          .option('yes', {
            alias: 'y',
            type: 'boolean',
            default: false,
            describe: 'Delete without a question, also far more than the snapshot has',
          })
          .option('dry-run', {
            alias: 'n',
            type: 'boolean',
            default: false,
            describe: 'Say what would be done, and do nothing',
          })
          .example('$0 restore documents --to restored', 'everything, as it was last')
          .example('$0 restore documents letters "*.odt" --to restored', 'a folder, and all files of a kind')
          .example('$0 restore --all --to restored', 'all series, for a new disk')
          .example('$0 restore /mnt/disk/documents --at 2026-11-19 --to x', 'without a plan')
          .example('$0 restore documents --to ~/documents --overwrite if-changed', 'over what is there'),
      async (options) => end(await (await import('./restore-command.ts')).restoreCommand(options, terminal)),
    )
    .command(
      'verify [series]',
      'Prove that the snapshots can be restored',
      (command) =>
        command
          .positional('series', {
            type: 'string',
            describe: "A name from the plan, or the path of a series' folder",
          })
          .group('at', 'Options:')
          .option('at', {
            type: 'string',
            describe: 'Only one: latest, latest~1, yesterday, 2d, a date, a month, the start of a name',
            requiresArg: true,
          })
          .option('level', {
            type: 'string',
            choices: ['quick', 'full'] as const,
            describe: 'quick (the default) reads no archives; full reads every byte',
            requiresArg: true,
          })
          .option('sample', {
            type: 'string',
            describe: 'Read only so much of the archives, as 10%; other parts each time',
            requiresArg: true,
          })
          .option('drill', {
            type: 'boolean',
            default: false,
            describe: 'Extract the newest, or that of --at, with tar or unzip, and compare',
          })
          .option('repair', {
            type: 'boolean',
            default: false,
            describe: 'Write damaged indexes and info.json anew, from the archives',
          })
          .option('seed', { type: 'number', describe: 'Choose that sample again', requiresArg: true })
          .group(['notify', 'notify-on', 'smtp-file'], 'Whom to tell:')
          .options(withDefaults(NOTICE_OPTIONS, file))
          .options(withDefaults({ 'notify-on': RUN_OPTIONS['notify-on'] }, file))
          .example('$0 verify', 'all series of the plan: is everything there?')
          .example('$0 verify documents --level full', 'read every byte of one')
          .example('$0 verify --sample 5%', 'a little each night')
          .example('$0 verify documents --drill', 'restore the newest for real'),
      async (options) => end(await (await import('./verify-command.ts')).verifyCommand(options, terminal)),
    );
}
