// `serve` and what is below it: their options and their help.
import type { Argv } from 'yargs';
import type { CommonOptions } from '../options/common-options.ts';
import { notGlobal } from '../options/not-global.ts';
import { MIN_FREE, SERVE_OPTIONS } from '../options/serve-options.ts';
import type { Terminal } from '../terminal.ts';

const FOLDER = { type: 'string', demandOption: true, describe: 'The folder that is served' } as const;
const SCOPE = {
  choices: ['upload', 'read', 'all'] as const,
  default: 'upload' as const,
  describe: 'What the token may do: send files, get files, or both',
  requiresArg: true,
} as const;
const TOKEN_FILE = {
  type: 'string',
  describe: 'File with the token; default: SNAPSHOT_TOKEN',
  requiresArg: true,
} as const;
const CACERT = {
  type: 'string',
  describe: 'Certificate to trust, in PEM, for a server that made its own',
  requiresArg: true,
} as const;
/** Adds them to `parser`. @param end - Gets the exit status of the one that ran. */
export function addServeCommands<T extends CommonOptions>(
  parser: Argv<T>,
  terminal: Terminal,
  end: (status: number) => void,
): Argv<T> {
  return addUploadCommand(parser, terminal, end).command(
    'serve [folder]',
    'Keep a folder to which others upload, and which refuses what it has',
    (command) =>
      command
        .command(
          'user <action> <folder> [name]',
          'Who may use it',
          (user) =>
            user
              .positional('action', {
                choices: ['add', 'list', 'remove'] as const,
                demandOption: true,
                describe: 'add, list, or remove: its tokens let nobody in any more, and its files stay',
              })
              .positional('folder', FOLDER)
              .positional('name', { type: 'string', describe: 'The account' })
              .group(['quota', 'scope'], 'Options:')
              .option('quota', {
                type: 'string',
                describe: 'Bytes of all its files, as 50GB',
                requiresArg: true,
              })
              .option('scope', SCOPE)
              .example('$0 serve user add /srv/library anna', 'prints a token, once'),
          async (options) =>
            end(await (await import('./serve-users-command.ts')).userCommand(options, terminal)),
        )
        .command(
          'token <action> <folder> [name]',
          'What lets them in',
          (token) =>
            token
              .positional('action', {
                choices: ['add', 'list', 'revoke'] as const,
                demandOption: true,
                describe: 'add: one more; list: their ids; revoke: it lets nobody in any more',
              })
              .positional('folder', FOLDER)
              .positional('name', {
                type: 'string',
                describe: 'The account; for revoke, the id of the token',
              })
              .group('scope', 'Options:')
              .option('scope', SCOPE)
              .example('$0 serve token add /srv/library anna --scope all', 'for a machine that also reads'),
          async (options) =>
            end(await (await import('./serve-users-command.ts')).tokenCommand(options, terminal)),
        )
        .command(
          'pair <folder> <name>',
          'Show a code by which a phone gets a token; it works once, for ten minutes',
          (pair) =>
            pair
              .positional('folder', FOLDER)
              .positional('name', { type: 'string', demandOption: true, describe: 'The account' })
              .group(['scope', 'base-url'], 'Options:')
              .option('scope', SCOPE)
              .option('base-url', {
                type: 'string',
                describe: 'How the phone reaches the server; default: what the running server says',
                requiresArg: true,
              })
              .example('$0 serve pair /srv/library anna', 'a code to scan'),
          async (options) =>
            end(await (await import('./serve-users-command.ts')).pairCommand(options, terminal)),
        )
        .command(
          'sync <folder>',
          'Notice what was sorted, renamed, added and removed by other means',
          (sync) =>
            sync
              .positional('folder', FOLDER)
              .group('rehash', 'Options:')
              .option('rehash', {
                type: 'boolean',
                default: false,
                describe: 'Read every file, whatever times say',
              })
              .example('$0 serve sync /srv/library', 'while it is served, or not'),
          async (options) =>
            end(await (await import('./serve-sync-command.ts')).serveSyncCommand(options, terminal)),
        )
        .command(
          'mirror <url> <folder>',
          'Let a second library follow the one that is served at URL',
          (mirror) =>
            mirror
              .positional('url', { type: 'string', demandOption: true, describe: 'Where the server is' })
              .positional('folder', { type: 'string', demandOption: true, describe: 'The second library' })
              .group(['once', 'token-file', 'cacert', 'min-free', 'accept-changes'], 'Options:')
              .option('once', {
                type: 'boolean',
                default: false,
                describe: 'End when all is here; else it goes on until Ctrl-C',
              })
              .option('token-file', TOKEN_FILE)
              .option('cacert', CACERT)
              .option('min-free', MIN_FREE)
              .option('accept-changes', {
                type: 'boolean',
                default: false,
                describe: 'Remove and replace also what a guard would hold; for once',
              })
              .example('$0 serve mirror https://photos.example.org /srv/second', 'until Ctrl-C')
              .example('$0 serve mirror https://photos.example.org /srv/second --once', 'as from cron'),
          async (options) =>
            end(await (await import('./serve-mirror-command.ts')).serveMirrorCommand(options, terminal)),
        )
        .positional('folder', { type: 'string', describe: 'The folder that is served' })
        .group([...Object.keys(SERVE_OPTIONS), 'watch'], 'Options:')
        .options(notGlobal(SERVE_OPTIONS))
        .option('watch', {
          type: 'boolean',
          global: false,
          default: true,
          describe: 'Notice by itself what is done to the folder by other means',
        })
        .example('$0 serve user add /srv/library anna', 'first: an account, and its token')
        .example('$0 serve /srv/library', 'for this machine, or a proxy on it')
        .example('$0 serve /srv/library --listen :8400 --cert c.pem --key k.pem', 'for all'),
    async (options) => end(await (await import('./serve-command.ts')).serveCommand(options, terminal)),
  );
}

/** What sends files to such a folder. */
function addUploadCommand<T extends CommonOptions>(
  parser: Argv<T>,
  terminal: Terminal,
  end: (status: number) => void,
): Argv<T> {
  return parser.command(
    'upload <url> <paths..>',
    'Send files and folders to a library that is served; what is there already is not sent',
    (command) =>
      command
        .positional('url', { type: 'string', demandOption: true, describe: 'Where the server is' })
        .positional('paths', { type: 'string', array: true, demandOption: true, describe: 'What to send' })
        .group(
          ['to', 'include', 'exclude', 'rename', 'watch', 'dry-run', 'receipt', 'token-file', 'cacert'],
          'Options:',
        )
        .option('to', { type: 'string', describe: 'A folder there; default: the top', requiresArg: true })
        .option('include', {
          type: 'string',
          array: true,
          default: [] as string[],
          describe: 'Only files that match, in the syntax of .gitignore',
          requiresArg: true,
        })
        .option('exclude', {
          type: 'string',
          array: true,
          default: [] as string[],
          describe: 'Not what matches, in the syntax of .gitignore',
          requiresArg: true,
        })
        .option('rename', {
          type: 'boolean',
          default: false,
          describe: 'Take a free name where other content has it',
        })
        .option('watch', {
          type: 'boolean',
          default: false,
          describe: 'Go on, and send what is new as it comes, until Ctrl-C',
        })
        .option('dry-run', { type: 'boolean', default: false, describe: 'Say what would be sent' })
        .option('receipt', {
          type: 'string',
          describe: 'Add a line to this file for each file that is there, verified',
          requiresArg: true,
        })
        .option('token-file', TOKEN_FILE)
        .option('cacert', CACERT)
        .example('$0 upload https://photos.example.org ~/Pictures', 'to Pictures/...')
        .example('$0 upload https://photos.example.org /media/card/DCIM --watch', 'what a camera writes')
        .example('$0 upload https://photos.example.org . --include "*.jpg" --dry-run', 'what would be sent'),
    async (options) => end(await (await import('./upload-command.ts')).uploadCommand(options, terminal)),
  );
}
