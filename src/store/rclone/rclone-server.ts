// rclone as a server of WebDAV, for this process alone: on loopback, behind a password that nobody else has.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { printable, SnapshotError, systemCode } from '../../base/errors.ts';
import { AwayError } from '../wrap/retry-objects.ts';

const START_MS = 30_000;
const STOP_MS = 3000;
const MOST_SAID = 20_000;
const USER = 'snapshot';

/**
 * What other machines write has to be seen, so nothing is remembered; nothing may be said to be written before it is. Options that
 * come from the environment, or from a user's habits, do not count against these.
 */
const OPTIONS = [
  '--addr=127.0.0.1:0',
  '--dir-cache-time=0s',
  '--poll-interval=0',
  '--vfs-cache-mode=off',
  '--read-only=false',
  '--use-server-modtime',
  '--ask-password=false',
  '--contimeout=30s',
  '--timeout=30s',
  '--log-file=',
  '--log-level=NOTICE',
  '--use-json-log=false',
];

/** Ends the server when whoever has started it is no more, however that ended: then its pipe, number 3, is closed. */
const WATCHED = [
  '"$@" 3<&- & server=$!',
  '(read -r _ <&3; kill "$server") >/dev/null 2>&1 & watcher=$!',
  'exec 3<&-',
  'wait "$server"; status=$?',
  // It must not end another process that gets the number.
  'kill "$watcher"; exit "$status"',
].join('\n');

export class RcloneServer {
  readonly origin: URL;
  /** As every request has it. */
  readonly login: string;
  readonly #child: ChildProcess;
  readonly #said: { text: string };

  private constructor(child: ChildProcess, said: { text: string }, origin: URL, login: string) {
    this.#child = child;
    this.#said = said;
    this.origin = origin;
    this.login = login;
  }

  /** @param remote - `REMOTE:PATH`. @throws {@link SnapshotError} `E_HOST` without rclone, else when it does not begin. */
  static async start(remote: string, env: NodeJS.ProcessEnv): Promise<RcloneServer> {
    const password = randomBytes(24).toString('base64url');
    const command = ['rclone', 'serve', 'webdav', ...OPTIONS, remote];
    const [program = '', args] =
      process.platform === 'win32'
        ? [command[0], command.slice(1)]
        : ['/bin/sh', ['-c', WATCHED, 'sh', ...command]];
    const child = spawn(program, args, {
      // In its arguments everybody on this machine could read it.
      env: { ...env, RCLONE_USER: USER, RCLONE_PASS: password },
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const said = { text: '' };
    const url = await started(child, said, remote).catch(async (error: unknown) => {
      await stop(child);
      throw error;
    });
    const login = `Basic ${Buffer.from(`${USER}:${password}`).toString('base64')}`;
    return new RcloneServer(child, said, new URL(url), login);
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Forgets what rclone has said. */
  hush(): void {
    this.#said.text = '';
  }

  /** Why the last thing failed, in rclone's words; undefined when it says nothing. */
  get reason(): string | undefined {
    return reasonIn(this.#said.text);
  }

  async stop(): Promise<void> {
    await stop(this.#child);
  }
}

/** The address that it serves at. */
async function started(child: ChildProcess, said: { text: string }, remote: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const what = `Cannot use "rclone:${printable(remote)}"`;
    const timer = setTimeout(() => reject(new AwayError(`${what}: rclone does not begin`)), START_MS);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said.text = (said.text + text).slice(-MOST_SAID);
      // Later versions have it in brackets.
      const url = /started on \[?(http:\/\/127\.0\.0\.1:\d+\/)/.exec(said.text)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
    child.once('error', (cause) => {
      clearTimeout(timer);
      reject(systemCode(cause) === 'ENOENT' ? noRclone(what) : cause);
    });
    child.once('exit', (status) => {
      clearTimeout(timer);
      if (status === 127) return reject(noRclone(what));
      const hint =
        '`rclone listremotes` lists the remotes, `rclone config` makes one, and `rclone lsd` tries it.';
      const reason = reasonIn(said.text) ?? `rclone has ended with ${status}`;
      return reject(new SnapshotError('E_STORE', `${what}: ${reason}`, { hint }));
    });
  });
}

function noRclone(what: string): SnapshotError {
  return new SnapshotError('E_HOST', `${what}: there is no rclone on this machine`, {
    hint: 'Install it: https://rclone.org/install/',
  });
}

async function stop(child: ChildProcess): Promise<void> {
  const isOver = (): boolean =>
    child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  child.stdio[3]?.destroy();
  if (isOver()) return;
  const ended = once(child, 'exit');
  if (process.platform === 'win32') child.kill();
  const patience = new AbortController();
  await Promise.race([ended, delay(STOP_MS, undefined, { signal: patience.signal }).catch(() => {})]);
  patience.abort();
  if (!isOver()) child.kill('SIGKILL');
  child.stderr?.destroy();
}

/** The last line that tells of an error. */
function reasonIn(text: string): string | undefined {
  const line = text.split('\n').findLast((one) => /ERROR|Failed|Fatal|CRITICAL/.test(one));
  const reason = line?.replace(/^\d{4}\/\d\d\/\d\d [\d:]+ *(?:(?:ERROR|NOTICE|CRITICAL) *: *)?/, '').trim();
  return reason === undefined || reason === '' ? undefined : printable(reason).slice(0, 400);
}
