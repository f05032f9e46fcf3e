// Commands in processes that have run some before, which takes less than half of the time.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { HostReply, HostRequest } from './command-host.ts';

const HOST = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../dist/test/support/command-host.js' : './command-host.js',
    import.meta.url,
  ),
);

/** What Node or the program looks at only once in the life of a process: the latter keeps what lets it in at Drive. */
const STARTING = /^(NODE_|LANG|LC_|SNAPSHOT_(NATIVE_CALLS|GDRIVE))/;

/** Options with a command that writes to the standard error of the process. */
const HOOKS = ['--before', '--after'];

/** Processes that have nothing to do. */
const idle: ChildProcess[] = [];

/** Whether a command does in a process that ran others what it does in one of its own. */
export function canBeWarm(args: readonly string[], env: Readonly<Record<string, string>>): boolean {
  return !Object.keys(env).some((name) => STARTING.test(name)) && !args.some((word) => HOOKS.includes(word));
}

/** Runs a command to its end. @throws When it leaves something open, as its own process would then not end; or is killed. */
export async function warmCommand(request: HostRequest): Promise<HostReply> {
  // Warnings go where the command writes.
  const host =
    idle.pop() ??
    fork(HOST, { execArgv: ['--no-warnings'], cwd: '/', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  host.ref();
  host.channel?.ref();
  host.send(request);
  const answer = await firstOf(host);
  const command = `\`snapshot ${request.args.join(' ')}\``;
  if (answer === undefined) throw new Error(`${command} killed its process`);
  if (answer.left.length > 0) {
    host.kill('SIGKILL');
    throw new Error(`${command} would not end for what it leaves open: ${answer.left.join(', ')}`);
  }
  if (answer.isSpent) host.kill('SIGKILL');
  else idle.push(host);
  host.unref();
  host.channel?.unref();
  return answer;
}

/** What it says next; undefined when it ends. */
async function firstOf(host: ChildProcess): Promise<HostReply | undefined> {
  const listening = new AbortController();
  const { signal } = listening;
  try {
    const said = once(host, 'message', { signal }) as Promise<[HostReply]>;
    const [reply] = await Promise.race([said, once(host, 'exit', { signal }).then(() => [undefined])]);
    return reply;
  } finally {
    listening.abort();
  }
}
