import yargs from 'yargs';
import { closeAll } from '../base/at-end.ts';
import { rememberGiven } from '../base/command-line.ts';
import { SnapshotError } from '../base/errors.ts';
import { VERSION } from '../jobs/tool.ts';
import { COMMON_OPTIONS } from './options/common-options.ts';
import { configFile, readConfig, withDefaults } from './options/config-file.ts';
import { checkGivenValues } from './options/given-values.ts';
import { COMMON_TITLE, type HelpPage, showHelpBy } from './options/help-page.ts';
import { addExportCommands } from './commands/export-commands.ts';
import { addKeyCommand } from './commands/key-commands.ts';
import { addLoginCommands } from './commands/login-commands.ts';
import { addMirrorCommands } from './commands/mirror-commands.ts';
import { addSyncCommands } from './commands/sync-commands.ts';
import { addLookCommands } from './commands/look-commands.ts';
import { NOTICE_OPTIONS } from './options/notice-options.ts';
import { groupRunOptions, RUN_OPTIONS } from './options/run-options.ts';
import { addRestoreCommands } from './commands/restore-commands.ts';
import { addScheduleCommands } from './commands/schedule-commands.ts';
import { addServeCommands } from './commands/serve-commands.ts';
import { addUpkeepCommands } from './commands/upkeep-commands.ts';
import { addWebCommand } from './commands/web-commands.ts';
import { helpText } from './views/help-text.ts';
import { showError } from './views/show-error.ts';
import { processTerminal, type Terminal } from './terminal.ts';
import { knownTo, usageError } from './options/usage-error.ts';

/** Commands that do something: what became of that does not depend on who is told. */
const DOING: ReadonlySet<string> = new Set([
  'run',
  'mirror',
  'sync',
  'index',
  'watch',
  'push',
  'restore',
  'export',
  'copy',
  'verify',
  'schedule',
  'shutdown',
  'notify',
  'init',
  'accept',
  'prune',
  'pin',
  'unpin',
  'forget',
  'rename',
  'serve',
  'upload',
  'login',
  'logout',
  'web',
]);

/** Commands that only tell, and may have more to tell than a screen can show. */
const LISTING: ReadonlySet<string> = new Set(['list', 'files', 'diff', 'find', 'stats', 'du', 'versions']);

/** Runs the command that `args` ask for. @returns The exit status. */
export async function runCli(args: readonly string[]): Promise<number> {
  const color = !args.includes('--no-color');
  const plain = processTerminal({ color });
  const isList = LISTING.has(args[0] ?? '') && plain.isLive && !args.includes('--json');
  const paged = isList ? (await import('./paged-terminal.ts')).pagedTerminal(plain) : undefined;
  const terminal = paged ?? plain;
  try {
    const typed = args.indexOf('--get-yargs-completions');
    const offered =
      typed < 0 ? undefined : await (await import('./commands/complete.ts')).complete(args.slice(typed + 1));
    if (offered === undefined) {
      const status = await parse(args, terminal);
      await paged?.close();
      // Behind all that was written: by then it is known what became of it.
      await terminal.print('');
      // Of those that only tell, what they tell is all there is.
      const isLost = terminal.lost() !== undefined && !DOING.has(args[0] ?? '');
      return isLost && status === 0 ? 1 : status;
    }
    for (const word of offered) terminal.out(word);
    return 0;
  } catch (error) {
    await paged?.close();
    return showError(error, terminal, args.includes('--json'));
  } finally {
    await closeAll();
  }
}

/** @param render - What is shown of a page of help. */
export async function parse(
  args: readonly string[],
  terminal: Terminal,
  render = (page: HelpPage): string => helpText(page, terminal.columns),
): Promise<number> {
  let status = 0;
  // Without a value it accepts everything, which a variable of the shell that is not set must not.
  if (args.includes('--accept-changes=')) {
    const hint = 'Is it about a variable that is not set?';
    throw new SnapshotError('E_USAGE', '--accept-changes= is empty', { hint });
  }
  // Help, which shows defaults, is not for what may be secret; calling a shutdown off must not depend on a file.
  const isAsking = args.length === 0 || args[0] === 'help';
  const words = args[0] === 'help' ? args.slice(1) : args;
  const isHelp = isAsking || words.some((word) => word === '--help' || word === '-h');
  const named = isHelp || words[0] === 'shutdown' ? undefined : configFile(words, process.env);
  const file = named === undefined ? {} : await readConfig(named);
  // Commands are loaded when they are called: starting is what a user waits for first.
  const parser = yargs()
    .scriptName('snapshot')
    // The messages are in one language.
    .locale('en')
    .usage('$0 <command>\n\nDated, ordinary archives of your folders, written only when something changed.')
    .options(withDefaults(COMMON_OPTIONS, file))
    // Commands that are suggested are about the same plan.
    .middleware(({ plan, identity }) =>
      rememberGiven(plan === COMMON_OPTIONS.plan.default ? undefined : plan, identity),
    )
    .command(
      'run',
      'Back up every active row of the plan',
      (command) =>
        groupRunOptions(command, { ...RUN_OPTIONS, ...NOTICE_OPTIONS })
          .options(withDefaults(RUN_OPTIONS, file))
          .options(withDefaults(NOTICE_OPTIONS, file))
          .example('$0 run', 'back up everything in backup-plan.csv')
          .example('$0 run --only documents --dry-run', 'what would be written')
          .example('$0 run --shutdown', 'before leaving the PC')
          .example('$0 run --shard 2/4', 'rows 2, 6, 10, ...: for four processes that share a plan')
          .example('$0 run --low-priority --max-rate 20MB/s', 'beside other work')
          .example('$0 run --notify ntfy:https://ntfy.sh/my-topic', 'tell a phone how it went')
          .example('$0 run --config snapshot.json', 'with the options in that file'),
      async (options) => {
        status = await (await import('./commands/run-command.ts')).runCommand(options, terminal);
      },
    )
    .command(
      'notify',
      'Send a test to everyone a run would tell',
      (command) =>
        command
          .group('notify', 'Options:')
          .options(withDefaults(NOTICE_OPTIONS, file))
          .example('$0 notify --notify desktop:', 'is there a notification?')
          .example('$0 notify --config snapshot.json', 'all that are in that file'),
      async (options) => {
        status = await (await import('./commands/notify-command.ts')).notifyCommand(options, terminal);
      },
    )
    .command(
      'init',
      'Write a commented plan',
      (command) => command.example('$0 init --plan my-plan.csv', 'write my-plan.csv'),
      async (options) => {
        status = await (await import('./commands/init-command.ts')).initCommand(options, terminal);
      },
    )
    .command(
      'check',
      'Check plan, sources and destinations; change nothing',
      (command) => command.example('$0 check', 'before the first night'),
      async (options) => {
        status = await (await import('./commands/check-command.ts')).checkCommand(options, terminal);
      },
    );
  addMirrorCommands(parser, terminal, file, (code) => (status = code));
  addSyncCommands(parser, terminal, (code) => (status = code));
  addLookCommands(parser, terminal, (code) => (status = code));
  addExportCommands(parser, terminal, (code) => (status = code));
  addUpkeepCommands(parser, terminal, (code) => (status = code));
  addScheduleCommands(parser, terminal, file, (code) => (status = code));
  addKeyCommand(parser, terminal, (code) => (status = code));
  addLoginCommands(parser, terminal, (code) => (status = code));
  addRestoreCommands(parser, terminal, file, (code) => (status = code));
  addServeCommands(parser, terminal, (code) => (status = code));
  addWebCommand(parser, terminal, (code) => (status = code));
  parser
    .command(
      'shutdown',
      'Cancel the shutdown that a run has announced',
      (command) =>
        command
          .group('cancel', 'Options:')
          .option('cancel', { type: 'boolean', default: false, describe: 'Cancel it' })
          .example('$0 shutdown --cancel', 'stay up'),
      async (options) => {
        status = await (await import('./commands/shutdown-command.ts')).shutdownCommand(options, terminal);
      },
    )
    .check(checkGivenValues, true)
    .demandCommand(1, 'Which command?')
    .strictOptions()
    .strictCommands()
    .group(['plan', 'config', 'json', 'quiet', 'color', 'log', 'identity', 'help', 'version'], COMMON_TITLE)
    .version(VERSION)
    .alias('version', 'V')
    .help()
    .alias('help', 'h')
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message, error) => {
      // yargs has errors of its own for wrong values; any other is not about usage.
      if (error !== undefined && error.name !== 'YError') throw error;
      throw usageError(message, knownTo(parser), words);
    });
  const [word = '-'] = words;
  showHelpBy(parser, (page) => {
    if (page.command.length === 0 && !word.startsWith('-'))
      throw usageError(`Unknown command: ${word}`, knownTo(parser), words);
    return render(page);
  });
  await parser.parseAsync(isAsking ? [...words, '--help'] : [...words]);
  return status;
}
