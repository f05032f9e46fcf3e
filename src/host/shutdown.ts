import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { reasonOf, SnapshotError } from '../base/errors.ts';

/** A program and its arguments, run as they are: there is no shell in between. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** Whose machine it is, and by whom it is asked to shut down. */
export interface Host {
  readonly platform: NodeJS.Platform;
  readonly isRoot: boolean;
  /** Windows: `%SystemRoot%`. */
  readonly systemRoot: string;
}

/** Runs a program to its end; rejects as `execFile` does when it is missing or its exit status is not 0. */
type Run = (file: string, args: readonly string[]) => Promise<unknown>;

export const THIS_HOST: Host = {
  platform: process.platform,
  isRoot: process.getuid?.() === 0,
  systemRoot: process.env['SystemRoot'] ?? 'C:\\Windows',
};

/**
 * The commands that shut `host` down at once, to be tried in this order until one succeeds.
 *
 * Whole paths, since cron's PATH lacks `/sbin`, and Windows looks into the current folder first. None of them
 * forces: a program that holds the shutdown back, such as a running update, is respected.
 */
export function shutdownCommands(host: Host): readonly Command[] {
  const now: Command = { file: '/sbin/shutdown', args: ['-h', 'now'] };
  if (host.platform === 'win32') {
    return [{ file: `${host.systemRoot}\\System32\\shutdown.exe`, args: ['/s', '/t', '0'] }];
  }
  if (host.platform === 'darwin') {
    const script = 'tell application "System Events" to shut down';
    return [host.isRoot ? now : { file: '/usr/bin/osascript', args: ['-e', script] }];
  }
  // By way of logind, which lets the user at the machine do it without being root. Nobody may be there to type
  // a password. Systems without systemd have the second.
  return [{ file: 'systemctl', args: ['--no-ask-password', 'poweroff'] }, now];
}

/**
 * Shuts this machine down, now. Resolves once the system has accepted it; the process then lives on for a
 * moment.
 *
 * @throws {@link SnapshotError} `E_HOST` when the system refuses; it names what each command answered.
 */
export async function shutDown(options: { readonly host?: Host; readonly run?: Run } = {}): Promise<void> {
  const { host = THIS_HOST, run = promisify(execFile) } = options;
  const failures: { readonly file: string; readonly error: unknown }[] = [];
  for (const { file, args } of shutdownCommands(host)) {
    try {
      await run(file, args);
      return;
    } catch (error) {
      failures.push({ file, error });
    }
  }
  const answers = failures.map(({ file, error }) => `${file}: ${answerOf(error)}`);
  throw new SnapshotError('E_HOST', `Cannot shut down this machine: ${answers.join('; ')}`, {
    cause: new AggregateError(failures.map(({ error }) => error)),
    hint: hintFor(host.platform),
  });
}

/** What the command itself said, or why it could not be run. */
export function answerOf(error: unknown): string {
  if (error instanceof Error && 'stderr' in error && typeof error.stderr === 'string') {
    const said = error.stderr.trim().replaceAll(/\s+/g, ' ');
    if (said !== '') return said;
  }
  return reasonOf(error);
}

function hintFor(platform: NodeJS.Platform): string {
  if (platform === 'win32') return 'The account needs the user right "Shut down the system".';
  if (platform === 'darwin') {
    return 'Allow it in System Settings, Privacy & Security, Automation, System Events; or run as root.';
  }
  return 'Run as root, or allow org.freedesktop.login1.power-off to this user with a polkit rule.';
}
