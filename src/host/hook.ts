import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { win32 } from 'node:path';
import { reasonOf, SnapshotError } from '../base/errors.ts';

export interface HookOptions {
  /** Besides that of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the command can read; nothing by default. */
  readonly input?: string;
  /** Ends the command and all that it has started. */
  readonly signal?: AbortSignal | undefined;
  /** One that does not end when it is asked to is killed after so long; default 10 s. */
  readonly graceMs?: number;
}

/**
 * Runs a command line of the user's own in the user's shell: `sh -c`, or `cmd.exe /c`. What it prints goes to the
 * standard error. There is no limit of time.
 *
 * @returns Its exit status; for one that a signal ended, 128 and the signal's number, as shells have it.
 * @throws {@link SnapshotError} `E_HOOK` when there is no shell.
 */
export async function runHook(
  command: string,
  { env = {}, input, signal, graceMs = 10_000 }: HookOptions = {},
): Promise<number> {
  const isWindows = process.platform === 'win32';
  const child = spawn(command, {
    shell: true,
    // A group of its own, so that what the shell starts is reached with it.
    detached: !isWindows,
    windowsHide: true,
    // The standard output is for results, and programs may read them. Passed on, not caught: what the command
    // leaves in the background may hold a pipe open for ever.
    stdio: [input === undefined ? 'ignore' : 'pipe', 2, 2],
    env: { ...process.env, ...env },
  });
  const end = (by: NodeJS.Signals): void => {
    if (child.pid !== undefined) endTree(child.pid, by, isWindows);
  };
  let killing: NodeJS.Timeout | undefined;
  const stop = (): void => {
    end('SIGTERM');
    killing = setTimeout(end, graceMs, 'SIGKILL');
  };
  // A second Ctrl-C ends this process at once; the command must not outlive it.
  const kill = (): void => end('SIGKILL');
  process.once('exit', kill);
  if (signal?.aborted === true) stop();
  else signal?.addEventListener('abort', stop, { once: true });
  // One that reads nothing breaks the pipe.
  child.stdin?.on('error', () => undefined).end(input);
  try {
    const [status, by] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return status ?? 128 + (by === null ? 0 : constants.signals[by]);
  } catch (cause) {
    throw new SnapshotError('E_HOOK', `Cannot run \`${command}\`: ${reasonOf(cause)}`, { cause });
  } finally {
    clearTimeout(killing);
    process.off('exit', kill);
    signal?.removeEventListener('abort', stop);
  }
}

/** Sync, as it is also for the last moment of this process. */
function endTree(pid: number, by: NodeJS.Signals, isWindows: boolean): void {
  if (isWindows) {
    const taskkill = win32.join(
      process.env['SystemRoot'] ?? String.raw`C:\Windows`,
      'System32',
      'taskkill.exe',
    );
    spawnSync(taskkill, ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true });
    return;
  }
  try {
    process.kill(-pid, by);
  } catch {
    // It has ended by itself.
  }
}
