import { createHmac } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { systemCode } from '../base/errors.ts';

/** Who holds a lock: enough to find out later, from anywhere, whether that process still runs. */
export interface Owner {
  /** For people, and against machines that share an id. */
  readonly host: string;
  /** Linux: a keyed hash of machine-id(5). Elsewhere, or without one: the host name. */
  readonly machine: string;
  /**
   * Linux: the id of this boot and the pid namespace, a space between; `''` elsewhere. A pid means something
   * within both only: a container has pids of its own.
   */
  readonly boot: string;
  readonly pid: number;
  /** Linux: when the process started, in clock ticks since boot; `''` elsewhere. Tells pids used twice apart. */
  readonly started: string;
}

/** The system calls this module needs; all throw as Node's do. */
export interface MachineCalls {
  readonly platform: NodeJS.Platform;
  readonly pid: number;
  readonly hostname: () => string;
  readonly readText: (path: string) => string;
  readonly readLink: (path: string) => string;
  /** Signal 0, which asks whether a process exists, see kill(2). */
  readonly probe: (pid: number) => void;
}

// Sync: a handful of short reads, of which those below /proc touch no disk.
const THIS_MACHINE: MachineCalls = {
  platform: process.platform,
  pid: process.pid,
  hostname,
  readText: (path) => readFileSync(path, 'utf8'),
  readLink: (path) => readlinkSync(path),
  probe: (pid) => process.kill(pid, 0),
};

/** The variable that gives a container, whose host name changes, a name for good. */
const HOST_VARIABLE = 'SNAPSHOT_HOST';

/** What a series remembers of the machine that it belongs to. */
export interface Machine {
  /** `SNAPSHOT_HOST`, or else the host name. */
  readonly host: string;
  /** Linux: a keyed hash of machine-id(5). `''` elsewhere, without one, and where `SNAPSHOT_HOST` decides. */
  readonly id: string;
}

/** This machine, as series know it. */
export function thisMachine(
  env: Readonly<Record<string, string | undefined>> = process.env,
  calls: MachineCalls = THIS_MACHINE,
): Machine {
  const chosen = env[HOST_VARIABLE]?.trim() ?? '';
  if (chosen !== '') return { host: chosen, id: '' };
  const id = calls.platform === 'linux' ? machineId(calls, 'snapshot series') : '';
  return { host: calls.hostname(), id };
}

/** The identity of this process. A part that the system does not tell is `''`. */
export function currentOwner(calls: MachineCalls = THIS_MACHINE): Owner {
  const host = calls.hostname();
  if (calls.platform !== 'linux') return { host, machine: host, boot: '', pid: calls.pid, started: '' };
  const bootId = orEmpty(() => calls.readText('/proc/sys/kernel/random/boot_id').trim());
  const namespace = orEmpty(() => calls.readLink('/proc/self/ns/pid'));
  return {
    host,
    machine: machineId(calls, 'snapshot lock') || host,
    boot: bootId === '' || namespace === '' ? '' : `${bootId} ${namespace}`,
    pid: calls.pid,
    started: processStat(calls, 'self').started,
  };
}

/**
 * Whether the process of `owner` still runs, as seen from `self`.
 *
 * `alive` and `dead` are certain. `unknown`: on another machine or in another container, where a pid from here says
 * nothing; or there is a process with that pid, and when it started is not known, as on all systems but Linux: numbers
 * are used again.
 */
export function ownerState(
  owner: Owner,
  self: Owner,
  calls: MachineCalls = THIS_MACHINE,
): 'alive' | 'dead' | 'unknown' {
  if (owner.machine !== self.machine) return 'unknown';
  if (owner.boot !== self.boot) return stateAcrossBoots(owner, self);
  // Zero and negative numbers are process groups to kill(2).
  if (!Number.isSafeInteger(owner.pid) || owner.pid <= 0) return 'unknown';
  try {
    calls.probe(owner.pid);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ESRCH') return 'dead';
    // EPERM: there is one, of another user.
    if (code !== 'EPERM') return 'unknown';
  }
  const { state, started } = processStat(calls, owner.pid);
  // A zombie holds nothing any more; where nobody waits for it (a container without init), it stays for good.
  if (state === 'Z' || state === 'X') return 'dead';
  if (owner.started !== '' && started !== '') return owner.started === started ? 'alive' : 'dead';
  return owner.pid === calls.pid ? 'alive' : 'unknown';
}

/**
 * The same of who is named by a lock. What says that this process has it, and is none that it holds (`isHeld`), was left behind, as when a
 * line was cut: its owner lives, and will not give it back.
 */
export function holderState(owner: Owner, self: Owner, isHeld: boolean): ReturnType<typeof ownerState> {
  return !isHeld && isDeepStrictEqual(owner, currentOwner()) ? 'dead' : ownerState(owner, self);
}

function stateAcrossBoots(owner: Owner, self: Owner): 'dead' | 'unknown' {
  if (owner.boot === '' || self.boot === '') return 'unknown';
  const isSameBoot = owner.boot.split(' ')[0] === self.boot.split(' ')[0];
  // Cloned machines often share their machine-id, and another one's boot proves nothing.
  return !isSameBoot && owner.host === self.host ? 'dead' : 'unknown';
}

/** Fields 3 and 22 of `/proc/PID/stat`, see proc(5); `''` where it cannot be read. */
function processStat(calls: MachineCalls, pid: number | 'self'): { state: string; started: string } {
  const text = orEmpty(() => calls.readText(`/proc/${pid}/stat`));
  // Field 2 is the program's name in parentheses, which may hold spaces and parentheses itself.
  const fromThird = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fromThird[0] ?? '', started: fromThird[22 - 3] ?? '' };
}

/**
 * machine-id(5) asks not to show the id to others, as on a file server, but a keyed hash of it; `''` without one.
 *
 * @param use - One text for each use, so that what a lock says of a machine is not what a series says.
 */
function machineId(calls: MachineCalls, use: string): string {
  const id = orEmpty(() => calls.readText('/etc/machine-id').trim());
  return id === '' ? '' : createHmac('sha256', id).update(use).digest('hex').slice(0, 32);
}

function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
