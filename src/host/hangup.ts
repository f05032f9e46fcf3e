import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** The system calls that this module needs; both throw as Node's do. */
export interface HangupCalls {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly parent: number;
  readonly readText: (path: string) => string;
  readonly readLink: (path: string) => string;
}

const THIS_PROCESS: HangupCalls = {
  env: process.env,
  parent: process.ppid,
  readText: (path) => readFileSync(path, 'utf8'),
  readLink: (path) => readlinkSync(path),
};

/**
 * Whether this process was started to ignore SIGHUP, as with `nohup`.
 *
 * Node gives every signal its default back when it starts (`PlatformInit` in its src/node.cc), so that the process cannot be
 * asked. What remains is how it was started: `nohup` opens a standard input that was a terminal for writing only, a shell
 * names it in `_`, and a script with `trap '' HUP` is the parent, which ignores it too.
 */
export function isHangupIgnored(calls: HangupCalls = THIS_PROCESS): boolean {
  if (basename(calls.env['_'] ?? '') === 'nohup') return true;
  try {
    // Signal 1 is the lowest bit, see proc_pid_status(5).
    const ignored =
      /^SigIgn:\s*([0-9a-f]+)$/m.exec(calls.readText(`/proc/${calls.parent}/status`))?.[1] ?? '0';
    if ((BigInt(`0x${ignored}`) & 1n) === 1n) return true;
    // O_WRONLY is 1 of the access mode, the lowest octal digit of the flags, see proc_pid_fdinfo(5).
    const flags = /^flags:\s*([0-7]+)$/m.exec(calls.readText('/proc/self/fdinfo/0'))?.[1] ?? '0';
    return calls.readLink('/proc/self/fd/0') === '/dev/null' && (Number.parseInt(flags, 8) & 3) === 1;
  } catch {
    // Not on Linux: nothing says that it is.
    return false;
  }
}
