// `schedule` and what is below it: their options and their help.
import type { Argv } from 'yargs';
import type { SchedulerKind } from '../../host/schedulers/scheduler.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { type FileOptions, withDefaults } from '../options/config-file.ts';
import { groupRunOptions, SCHEDULED_OPTIONS } from '../options/run-options.ts';
import { notGlobal } from '../options/not-global.ts';
import { SERVE_OPTIONS } from '../options/serve-options.ts';
import type { Terminal } from '../terminal.ts';

// Not global: what one of the commands does not heed, it must refuse.
const CRON = {
  type: 'string',
  global: false,
  describe: 'When: minute, hour, day of the month, month, day of the week',
  requiresArg: true,
} as const;

const SCHEDULERS: readonly SchedulerKind[] = ['systemd', 'crontab', 'launchd', 'task'];

const WITH = {
  choices: SCHEDULERS,
  describe: 'Which scheduler; default: what this machine has',
  requiresArg: true,
} as const;

const NAME = {
  type: 'string',
  describe: 'Name of the entry; default: made from the path of the plan',
  requiresArg: true,
} as const;

/** Adds them to `parser`. @param file - What the file of options says. @param end - Gets the exit status of the one that ran. */
export function addScheduleCommands<T extends CommonOptions>(
  parser: Argv<T>,
  terminal: Terminal,
  file: FileOptions,
  end: (status: number) => void,
): Argv<T> {
  // Not for `show` and `remove`.
  const runOptions = notGlobal(withDefaults(SCHEDULED_OPTIONS, file));
  return parser.command(
    'schedule',
    'Run when it is due; or install, show, remove an entry of the system',
    (command) =>
      groupRunOptions(command.group(['cron', 'timezone', 'jitter'], 'When:'), SCHEDULED_OPTIONS)
        .options(runOptions)
        .command(
          'install',
          'Have the system run the plan; replaces an earlier entry',
          (install) =>
            groupRunOptions(
              install
                .group(['at', 'cron', 'on-boot', 'watch'], 'When:')
                .group(['with', 'name', 'on-failure', 'dry-run'], 'The entry:')
                .group(['verify', 'sample', 'drill'], 'To verify instead of a run:')
                .group(['serve', ...Object.keys(SERVE_OPTIONS)], 'To serve a library instead:'),
              SCHEDULED_OPTIONS,
            )
              .options(runOptions)
              .option('at', {
                type: 'string',
                describe: 'Every day at this time, as 02:00',
                requiresArg: true,
              })
              .option('cron', CRON)
              .option('on-boot', { type: 'boolean', default: false, describe: 'When the machine starts' })
              .option('watch', {
                type: 'boolean',
                default: false,
                describe: 'Keep mirrors up to date from when the machine starts, and again after a failure',
              })
              .option('serve', {
                type: 'string',
                describe: 'Serve this folder from when the machine starts, and again after a failure',
                requiresArg: true,
              })
              .options(SERVE_OPTIONS)
              .option('name', NAME)
              .option('with', WITH)
              .option('on-failure', {
                type: 'string',
                describe: 'A unit of systemd to start when it fails',
                requiresArg: true,
              })
              .option('verify', {
                type: 'boolean',
                default: false,
                describe: 'Verify all series; an entry of its own',
              })
              .option('sample', {
                type: 'string',
                describe: 'Read so much of the archives each time, as 5%',
                requiresArg: true,
              })
              .option('drill', {
                type: 'boolean',
                default: false,
                describe: 'Restore the newest of each with tar or unzip, and compare',
              })
              .option('dry-run', {
                alias: 'n',
                type: 'boolean',
                default: false,
                describe: 'Only print what would be written',
              })
              .example('$0 schedule install --at 02:00', 'every night')
              .example(
                '$0 schedule install --cron "0 12 * * 1-5" --name noon',
                'another one, on working days',
              )
              .example('$0 schedule install --watch --name watch', 'mirrors, all the time')
              .example('$0 schedule install --serve /srv/library', 'a library, all the time')
              .example('$0 schedule install --verify --sample 5% --at 12:00', 'a twentieth every day at noon')
              .example('$0 schedule install --at 02:00 --dry-run', 'what would be written, and where'),
          async (options) =>
            end(
              await (
                await import('./schedule-install-command.ts')
              ).scheduleInstallCommand({ ...options, file }, terminal),
            ),
        )
        .command(
          'show',
          'The entries that this program has made',
          (show) =>
            show
              .group('with', 'Options:')
              .option('with', WITH)
              .example('$0 schedule show', 'what runs by itself here?'),
          async (options) =>
            end(await (await import('./schedule-entries-command.ts')).scheduleShowCommand(options, terminal)),
        )
        .command(
          'remove',
          'Take an entry away',
          (remove) =>
            remove
              .group(['name', 'with'], 'Options:')
              .option('name', NAME)
              .option('with', WITH)
              .example('$0 schedule remove', 'that of backup-plan.csv in this folder')
              .example('$0 schedule remove --name noon', 'another one'),
          async (options) =>
            end(
              await (await import('./schedule-entries-command.ts')).scheduleRemoveCommand(options, terminal),
            ),
        )
        .option('cron', CRON)
        .option('timezone', {
          type: 'string',
          global: false,
          describe: 'For --cron, as Europe/Berlin; default: that of this machine',
          requiresArg: true,
        })
        .option('jitter', {
          type: 'string',
          global: false,
          describe: 'Begin up to so much later, as 10m',
          requiresArg: true,
        })
        .example('$0 schedule --cron "0 2 * * *"', 'stay in the foreground, run every night')
        .example('$0 schedule install --at 02:00', 'leave it to systemd, cron, launchd or Task Scheduler'),
    async (options) => end(await (await import('./schedule-command.ts')).scheduleCommand(options, terminal)),
  );
}
