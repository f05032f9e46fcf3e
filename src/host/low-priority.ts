import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { promisify } from 'node:util';
import { reasonOf } from '../base/errors.ts';
import type { Command } from './shutdown.ts';

/** As `nice` without a number. On Windows it becomes the class "below normal". */
const NICE: number = constants.priority.PRIORITY_BELOW_NORMAL;

/** Where the priority is to be lowered; all calls throw as Node's do. */
export interface PriorityCalls {
  readonly platform: NodeJS.Platform;
  readonly pid: number;
  /** Linux: the threads of this process. */
  readonly threads: () => readonly number[];
  readonly nice: (id: number) => number;
  readonly setNice: (id: number, nice: number) => void;
  readonly run: (file: string, args: readonly string[]) => Promise<unknown>;
}

const THIS_PROCESS: PriorityCalls = {
  platform: process.platform,
  pid: process.pid,
  threads: () => readdirSync('/proc/self/task').map(Number),
  nice: getPriority,
  setNice: setPriority,
  run: promisify(execFile),
};

/**
 * Lowers the priority of this process for processor and disk, for the threads it has and for those to come.
 *
 * @returns What could not be done, for people; nothing when all is well.
 */
export async function lowerPriority(calls: PriorityCalls = THIS_PROCESS): Promise<readonly string[]> {
  const notes: string[] = [];
  let ids: readonly number[] = [calls.pid];
  try {
    ids = lowerProcessor(calls);
  } catch (error) {
    notes.push(`Cannot lower the priority for the processor: ${reasonOf(error)}`);
  }
  const command = diskCommand(calls.platform, calls.pid, ids);
  try {
    if (command !== undefined) await calls.run(command.file, command.args);
  } catch (error) {
    notes.push(`Cannot lower the priority for the disk with ${command?.file}: ${reasonOf(error)}`);
  }
  return notes;
}

/** @returns The ids whose priority is lower now. */
function lowerProcessor(calls: PriorityCalls): readonly number[] {
  if (calls.platform !== 'linux') {
    lower(calls.pid, calls);
    return [calls.pid];
  }
  // On Linux each thread has a nice value of its own, which the threads that it starts inherit: setpriority(2).
  const done = new Set<number>();
  for (;;) {
    const fresh = calls.threads().filter((id) => !done.has(id));
    // Those that were started by one that was not lowered yet are found the next time round.
    if (fresh.length === 0) return [...done];
    for (const id of fresh) {
      lower(id, calls);
      done.add(id);
    }
  }
}

function lower(id: number, calls: PriorityCalls): void {
  try {
    // One that is nicer already stays so: only root could raise it.
    if (calls.nice(id) < NICE) calls.setNice(id, NICE);
  } catch (error) {
    // The thread has ended.
    if (isGone(error)) return;
    throw error;
  }
}

/** libuv's `ESRCH` is in `info.code` of what the `os` module throws. */
function isGone(error: unknown): boolean {
  if (!(error instanceof Error) || !('info' in error)) return false;
  const { info } = error;
  return typeof info === 'object' && info !== null && 'code' in info && info.code === 'ESRCH';
}

/**
 * The program that makes `pid` use the disk only when nobody else does; undefined where there is none. Windows
 * has none, and lowers with the processor's priority nothing else.
 */
export function diskCommand(
  platform: NodeJS.Platform,
  pid: number,
  threads: readonly number[],
): Command | undefined {
  // Idle. It takes threads, too, which inherit it as they do the nice value: ioprio_set(2).
  if (platform === 'linux') return { file: 'ionice', args: ['-c', '3', '-p', ...threads.map(String)] };
  // Background, see taskpolicy(8): for all threads of the process.
  if (platform === 'darwin') return { file: '/usr/sbin/taskpolicy', args: ['-b', '-p', String(pid)] };
  return undefined;
}
