// Which program makes the connection, and what it means when it ends.
import { printable, SnapshotError } from '../../base/errors.ts';
import { AwayError } from '../wrap/retry-objects.ts';
import type { SftpPlace } from './place.ts';

/** Whoever runs at night has nobody to answer questions; what the user forwards or runs elsewhere has no place here. */
const OPTIONS: readonly string[] = [
  'BatchMode=yes',
  'ClearAllForwardings=yes',
  // The connection of another program may be used, but ends with that one.
  'ControlMaster=no',
  'ForwardAgent=no',
  'ForwardX11=no',
  // Without banners, which are not about what went wrong.
  'LogLevel=ERROR',
  'PermitLocalCommand=no',
  'RemoteCommand=none',
  'RequestTTY=no',
  'ServerAliveCountMax=3',
  'ServerAliveInterval=15',
];

/**
 * The program and its arguments: the system's ssh, or what `SNAPSHOT_SSH` names, whose own arguments come first and so count
 * more than ours.
 *
 * @throws {@link SnapshotError} `E_USAGE` when a quote in `SNAPSHOT_SSH` has no end.
 */
export function sshCommand(
  { host, user, port }: SftpPlace,
  chosen: string | undefined,
): readonly [string, readonly string[]] {
  const [program = 'ssh', ...first] = chosen === undefined ? [] : wordsOf(chosen);
  const options = OPTIONS.flatMap((option) => ['-o', option]);
  const login = [
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
  ];
  return [program, [...first, ...options, ...login, '-s', '--', host, 'sftp']];
}

/** The words of a command line: between spaces, or in quotes of either kind. */
function wordsOf(text: string): readonly string[] {
  const words = [...text.matchAll(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g)].map(([word]) => word);
  if (/["']/.test(text.replaceAll(/"[^"]*"|'[^']*'/g, ''))) {
    throw new SnapshotError('E_USAGE', 'SNAPSHOT_SSH has a quote without its end');
  }
  return words.map((word) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, '$1$2'));
}

/** What ssh says on its error channel, and what that means. The first one that is found counts. */
const CAUSES: readonly (readonly [
  RegExp,
  'E_AUTH' | 'E_AWAY' | 'E_STORE',
  string,
  (ssh: string) => string,
])[] = [
  [
    /REMOTE HOST IDENTIFICATION HAS CHANGED|host key for .* has changed/i,
    'E_AUTH',
    'the host has another key than ssh knows of it',
    (ssh) =>
      `If the host was set up anew, let ssh forget the old key with \`ssh-keygen -R\` and connect once by hand, \`${ssh}\`, to compare the new one. Else somebody may sit in between.`,
  ],
  [
    /Host key verification failed|host key is known for .* strict checking/i,
    'E_AUTH',
    'ssh does not know the key of this host',
    (ssh) => `Connect once by hand, \`${ssh}\`, compare the key that it shows, and say yes.`,
  ],
  [
    /Permission denied \(|Too many authentication failures|No supported authentication methods|Permission denied, please try again/i,
    'E_AUTH',
    'the host does not let this user in',
    (ssh) =>
      `\`${ssh}\` has to work without a question: \`ssh-copy-id\` puts a key there. One with a passphrase needs ssh-agent also where the schedule runs.`,
  ],
  [
    /subsystem request failed/i,
    'E_STORE',
    'the host offers no SFTP',
    () => 'It is switched on in the configuration of its SSH server: `Subsystem sftp internal-sftp`.',
  ],
  [
    /Bad configuration option|Bad owner or permissions|terminating, \d+ bad configuration|unknown option|Bad port/i,
    'E_STORE',
    'ssh does not take its configuration',
    (ssh) => `\`${ssh}\` says the same. It has to work first.`,
  ],
  [
    /Could not resolve|Name or service not known|nodename nor servname/i,
    'E_AWAY',
    'no such host',
    () => SPELLING,
  ],
  [
    /Connection refused/i,
    'E_AWAY',
    'nobody answers there',
    () => 'Is the host on, and its SSH server, on this port?',
  ],
  [
    /No route to host|Network is unreachable|Host is down/i,
    'E_AWAY',
    'the host cannot be reached',
    () => NETWORK,
  ],
  [/timed out|not responding/i, 'E_AWAY', 'no answer in time', () => NETWORK],
  [
    /Connection (?:to .* )?(?:closed|reset)|closed by remote host|Broken pipe|Connection aborted|open failed|Software caused/i,
    'E_AWAY',
    'the connection was cut',
    () => NETWORK,
  ],
];
const SPELLING = 'Check its name, and that this machine has a network.';
const NETWORK = 'It is tried again with the next run.';

/** How a connection ended: by which error of ssh, or of what it ran. */
export interface SshEnd {
  readonly status: number | null;
  /** The last of what it said on its error channel. */
  readonly said: string;
  /** Whether the server had begun to speak SFTP. */
  readonly hasSpoken: boolean;
}

/** The error of a connection that ended by itself. */
export function sshError(place: SftpPlace, { status, said, hasSpoken }: SshEnd): SnapshotError {
  const ssh = `ssh ${place.port === undefined ? '' : `-p ${place.port} `}${place.user === undefined ? '' : `${place.user}@`}${place.host}`;
  const lines = said.split(/\r?\n/).filter((line) => line.trim() !== '');
  const last = printable(lines.at(-1) ?? `ssh ended with status ${status ?? 'none'}`).slice(0, 300);
  const found = CAUSES.find(([pattern]) => pattern.test(said));
  if (found === undefined) {
    // Nobody ends a connection that works but for trouble on the way.
    if (hasSpoken) return away(place, `the connection was cut (${last})`, NETWORK);
    return new SnapshotError('E_STORE', `Cannot connect to "${place.label}": ${last}`, {
      hint: `See whether \`${ssh}\` works.`,
    });
  }
  const [, code, reason, hint] = found;
  if (code === 'E_AWAY') return away(place, `${reason} (${last})`, hint(ssh));
  return new SnapshotError(code, `Cannot connect to "${place.label}": ${reason} (${last})`, {
    hint: hint(ssh),
  });
}

function away({ label }: SftpPlace, reason: string, hint: string): AwayError {
  return new AwayError(`Cannot reach "${label}": ${reason}`, { hint });
}
