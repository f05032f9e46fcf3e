// Keeps the machine from going to sleep by itself while a run takes long.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Command } from './shutdown.ts';

/** No system goes to sleep sooner, and most runs are over by then. */
const AFTER_MS = 60_000;

/** ES_CONTINUOUS and ES_SYSTEM_REQUIRED: until the thread that says so ends. */
const REQUIRED = '0x80000001';

/** Whom it is done for. */
export interface Sleeper {
  readonly platform: NodeJS.Platform;
  readonly pid: number;
  /** Windows: `%SystemRoot%`. */
  readonly systemRoot: string;
}

const THIS_PROCESS: Sleeper = {
  platform: process.platform,
  pid: process.pid,
  systemRoot: process.env['SystemRoot'] ?? 'C:\\Windows',
};

/**
 * The program that keeps the machine awake as long as it runs; undefined where there is none. It ends with this process, also
 * when that is killed: `cat` by its input, which is a pipe, and the PowerShell by waiting for it.
 */
export function awakeCommand({ platform, pid, systemRoot }: Sleeper): Command | undefined {
  if (platform === 'linux') {
    // polkit answers yes or no for this, and never asks for a password.
    const words = ['--what=sleep', '--who=snapshot', '--why=Backup', 'cat'];
    return { file: 'systemd-inhibit', args: words };
  }
  if (platform === 'darwin') return { file: '/usr/bin/caffeinate', args: ['-i', '/bin/cat'] };
  if (platform !== 'win32') return undefined;
  const call = '[DllImport("kernel32.dll")] public static extern uint SetThreadExecutionState(uint flags);';
  const script = [
    "$ErrorActionPreference='Stop'",
    `Add-Type -Namespace Snapshot -Name Power -MemberDefinition '${call}'`,
    `[void][Snapshot.Power]::SetThreadExecutionState([uint32]'${REQUIRED}')`,
    `Wait-Process -Id ${pid}`,
  ];
  return {
    file: `${systemRoot}\\System32\\WindowsPowerShell\\v1.0\\powershell.exe`,
    args: ['-NoProfile', '-NonInteractive', '-Command', script.join('; ')],
  };
}

/**
 * Keeps the machine awake from a minute on, until the function that is returned is called. Where that cannot be done, nothing
 * happens: no run fails by it, and none waits for it.
 *
 * @param command - For tests, as are the others.
 */
export function stayAwake(
  command: Command | undefined = awakeCommand(THIS_PROCESS),
  afterMs: number = AFTER_MS,
  onStart: (child: ChildProcess) => void = () => {},
): () => void {
  let child: ChildProcess | undefined;
  const timer = setTimeout(() => {
    if (command === undefined) return;
    child = start(command);
    if (child !== undefined) onStart(child);
  }, afterMs);
  timer.unref();
  return () => {
    clearTimeout(timer);
    child?.stdin?.end();
    child?.kill();
  };
}

function start({ file, args }: Command): ChildProcess | undefined {
  try {
    const stdin = process.platform === 'win32' ? 'ignore' : 'pipe';
    const child = spawn(file, args, { stdio: [stdin, 'ignore', 'ignore'], windowsHide: true });
    // There is no such program, or it has refused and ended.
    child.on('error', () => {});
    child.stdin?.on('error', () => {});
    child.unref();
    return child;
  } catch {
    // Too many processes, as an example.
    return undefined;
  }
}
