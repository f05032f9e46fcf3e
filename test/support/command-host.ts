// A process that runs one command after the other, each from the program's entry on: starting Node, and compiling the
// program, is most of the time that a short command takes. Compiled, as Node 20 runs no TypeScript.
import type { EventEmitter } from 'node:events';
import { getPriority } from 'node:os';
import process from 'node:process';
import { Readable, Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { keepThreads } from './lasting-threads.ts';

export interface HostRequest {
  /** The file that a process of its own would begin with. */
  readonly main: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface HostReply {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What is left open, as Node names it: for this a process would not end. */
  readonly left: readonly string[];
  /** Whether the process is now another than one that has just started, and no more to be used. */
  readonly isSpent: boolean;
}

/** So long what is being closed may take. */
const CLOSING_MS = 10_000;

const own = process.cwd();
const priority = getPriority();
let count = 0;

async function runCommand({ main, args, cwd, env }: HostRequest): Promise<HostReply> {
  setEnvironment(env);
  process.chdir(cwd);
  process.argv = [process.execPath, main, ...args];
  process.exitCode = undefined;
  replace('stdin', Readable.from([]));
  const listeners = allListeners();
  const before = process.getActiveResourcesInfo();
  process.on('warning', ({ name, message }) => process.stderr.write(`(node:0) ${name}: ${message}\n`));
  count++;
  // Its imports are there from the second time on; it runs itself each time.
  await import(`${pathToFileURL(main).href}?${count}`);
  const left = await leftOpen(before);
  const had = new Set(listeners.map(([, listener]) => listener));
  for (const [event, listener] of allListeners()) if (!had.has(listener)) process.off(event, listener);
  process.chdir(own);
  const isSpent = getPriority() !== priority;
  return { status: exitStatus(), stdout: stdout.take(), stderr: stderr.take(), left, isSpent };
}

function exitStatus(): number {
  const { exitCode } = process;
  return typeof exitCode === 'number' ? exitCode : 0;
}

/** Keeps the object: what reads variables looks at no other. */
function setEnvironment(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
}

/** In place of this process's own one, for good: the console keeps the first one that it meets. */
class Output {
  #written: Buffer[] = [];
  readonly #stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      this.#written.push(chunk);
      done();
    },
  });

  constructor(name: 'stdout' | 'stderr') {
    replace(name, this.#stream);
  }

  /** All that was written since the last time. */
  take(): string {
    this.#stream.removeAllListeners();
    const text = Buffer.concat(this.#written).toString();
    this.#written = [];
    return text;
  }
}

function replace(name: 'stdin' | 'stdout' | 'stderr', value: Readable | Writable): void {
  Object.defineProperty(process, name, { value, configurable: true, enumerable: true });
}

function allListeners(): readonly (readonly [string | symbol, () => void])[] {
  const all: EventEmitter = process;
  return all
    .eventNames()
    .flatMap((event) => all.rawListeners(event).map((listener) => [event, listener as () => void] as const));
}

async function leftOpen(before: readonly string[]): Promise<readonly string[]> {
  const end = performance.now() + CLOSING_MS;
  for (;;) {
    await wait(0);
    const left = process.getActiveResourcesInfo();
    for (const one of before) if (left.includes(one)) left.splice(left.indexOf(one), 1);
    if (left.length === 0 || performance.now() > end) return left;
  }
}

const [stdout, stderr] = [new Output('stdout'), new Output('stderr')];
keepThreads();
process.on('message', (request: HostRequest) => {
  void runCommand(request).then((reply) => process.send?.(reply));
});
