// The commands about pairs: what they are called, their options and their help.
import type { Argv } from 'yargs';
import type { CommonOptions } from '../options/common-options.ts';
import type { Terminal } from '../terminal.ts';

const GLOBS = { type: 'string', array: true, default: [] as string[], requiresArg: true } as const;
const FLAG = { type: 'boolean', default: false } as const;

/** Adds them to `parser`. @param end - Gets the exit status of the one that ran. */
export function addSyncCommands<T extends CommonOptions>(
  parser: Argv<T>,
  terminal: Terminal,
  end: (status: number) => void,
): Argv<T> {
  return parser
    .command(
      'sync <here> <there>',
      'Bring two folders to the same, both ways; either may be on a server: sftp://USER@HOST/PATH',
      (command) =>
        command
          .positional('here', { type: 'string', demandOption: true, describe: 'A folder, or an address' })
          .positional('there', { type: 'string', demandOption: true, describe: 'The other one' })
          .group(
            [
              'dry-run',
              'watch',
              'poll',
              'only',
              'exclude',
              'keep',
              'rehash',
              'accept-changes',
              'undo',
              'swap',
              'status',
            ],
            'Options:',
          )
          .option('dry-run', { ...FLAG, describe: 'Say what would be done, and why' })
          .option('only', { ...GLOBS, describe: 'Only what these globs match, in the syntax of .gitignore' })
          .option('exclude', { ...GLOBS, describe: 'Leave out what these globs match, on both sides' })
          .option('watch', { ...FLAG, describe: 'Go on, as either side changes' })
          .option('poll', {
            type: 'string',
            default: '1m',
            describe: 'With --watch, a server is looked at so often',
            requiresArg: true,
          })
          .option('keep', {
            type: 'string',
            default: '30d',
            describe: 'How long versions stay of what was replaced or deleted',
            requiresArg: true,
          })
          .option('rehash', { ...FLAG, describe: 'Read every file of both sides, whatever times say' })
          .option('accept-changes', { ...FLAG, describe: 'Do what a guard would hold; for once' })
          .option('undo', { ...FLAG, describe: 'Take the last sync of the two back' })
          .option('swap', {
            ...GLOBS,
            describe: 'Take what these paths were before their last conflict or change, on both sides',
          })
          .option('status', { ...FLAG, describe: 'Say how the last sync of the two ended' })
          .example('$0 sync ~/work sftp://nas/work', 'both ways, once')
          .example('$0 sync ~/work /mnt/usb/work --dry-run', 'what would be done')
          .example('$0 sync ~/work sftp://nas/work --watch', 'and go on')
          .example('$0 sync ~/work sftp://nas/work --undo', 'as it was before the last one'),
      async (options) => end(await (await import('./sync-command.ts')).syncCommand(options, terminal)),
    )
    .command(
      'index <folder>',
      'Write `.sync` of a folder anew: what is there and what was deleted, for tools that read it',
      (command) =>
        command
          .positional('folder', { type: 'string', demandOption: true, describe: 'The folder' })
          .group('exclude', 'Options:')
          .option('exclude', { ...GLOBS, describe: 'Leave out what these globs match' })
          .example('$0 index ~/work', 'to ~/work/.sync'),
      async (options) => end(await (await import('./index-command.ts')).indexCommand(options, terminal)),
    );
}
