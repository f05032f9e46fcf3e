// The commands that let this machine into places far away, and out again: how they are called, their options and their help.
import type { Argv } from 'yargs';
import type { CommonOptions } from '../options/common-options.ts';
import type { Terminal } from '../terminal.ts';

/** Adds them to `parser`. @param end - Gets the exit status. */
export function addLoginCommands<T extends CommonOptions>(
  parser: Argv<T>,
  terminal: Terminal,
  end: (status: number) => void,
): void {
  parser
    .command(
      'login <service>',
      'Let this machine into Google Drive',
      (command) =>
        withAccount(command)
          .group(['client-id', 'client-secret-file', 'browser'], 'Options:')
          .option('client-id', { type: 'string', describe: 'Your client at Google', requiresArg: true })
          .option('client-secret-file', {
            type: 'string',
            describe: 'A file with its secret, or the JSON file that Google gives for it',
            requiresArg: true,
          })
          .option('browser', {
            type: 'boolean',
            default: true,
            describe: 'Show the address that is to be opened, on whatever machine',
          })
          .example('$0 login gdrive --client-secret-file client_secret.json', 'the first time')
          .example('$0 login gdrive --no-browser', 'on a machine without a screen'),
      async (options) => end(await (await import('./login-command.ts')).loginCommand(options, terminal)),
    )
    .command(
      'logout <service>',
      'End such a login',
      (command) => withAccount(command).example('$0 logout gdrive', 'the backup stays where it is'),
      async (options) => end(await (await import('./login-command.ts')).logoutCommand(options, terminal)),
    );
}

function withAccount<T extends CommonOptions>(command: Argv<T>) {
  return command
    .positional('service', {
      choices: ['gdrive'] as const,
      demandOption: true,
      describe: 'Where: only gdrive so far',
    })
    .group('account', 'Options:')
    .option('account', {
      type: 'string',
      describe: 'A name of your own for it, as in `gdrive://FOLDER?account=NAME`',
      requiresArg: true,
    });
}
