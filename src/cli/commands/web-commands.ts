// `web`: its options and its help.
import type { Argv } from 'yargs';
import type { CommonOptions } from '../options/common-options.ts';
import type { Terminal } from '../terminal.ts';

/** Adds it to `parser`. @param end - Gets its exit status. */
export function addWebCommand<T extends CommonOptions>(
  parser: Argv<T>,
  terminal: Terminal,
  end: (status: number) => void,
): Argv<T> {
  return parser.command(
    'web',
    'Show rows, snapshots and files in a browser, on this machine',
    (command) =>
      command
        .group(['listen', 'restore-to', 'open'], 'Options:')
        .option('listen', {
          type: 'string',
          default: '127.0.0.1:8401',
          describe: 'Where it listens: an address of this machine only',
          requiresArg: true,
        })
        .option('restore-to', {
          type: 'string',
          describe: 'Offer to restore, below this folder only',
          requiresArg: true,
        })
        .option('open', { type: 'boolean', default: false, describe: 'Open the browser, too' })
        .example('$0 web', 'prints an address for your browser')
        .example('$0 web --open --restore-to ~/restored', 'opens it, and offers to restore'),
    async (options) => end(await (await import('./web-command.ts')).webCommand(options, terminal)),
  );
}
