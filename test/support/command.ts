// Runs the built command, and other programs, as a user would.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { canBeWarm, warmCommand } from './warm-command.ts';

const NAMED_NODE = process.env['SNAPSHOT_TEST_NODE'];
/** The Node that runs the command: this one, or the one that a CI job names. */
export const NODE: string = NAMED_NODE ?? process.execPath;
const MAIN = fileURLToPath(new URL('../../dist/bin/main.js', import.meta.url));

/** The system's own: one of a version manager may take a second to start, and need the real home. */
export const PYTHON: string = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

export const IS_WINDOWS: boolean = process.platform === 'win32';
export const IS_LINUX: boolean = process.platform === 'linux';
/** Where the gate runs, nothing is skipped because a program is not there. Only Linux has all of them. */
export const IS_CI: boolean = IS_LINUX && (process.env['CI'] ?? '') !== '';
export const IS_ROOT: boolean = process.getuid?.() === 0;

export interface CommandOptions {
  readonly cwd: string;
  /** Home and state folder: logs never go to the real ones. */
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Without root's right to read and write everything, also when the tests run as root. */
  readonly isOrdinary?: boolean;
}

/** One line of `--json`; what else it holds depends on its event. */
export interface JsonEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The lines of `--json`; throws when one of them does not parse. */
export function eventsOf({ stdout }: Ended): readonly JsonEvent[] {
  const lines = stdout.split('\n');
  if (lines.pop() !== '') throw new Error(`the last line has no end: ${stdout}`);
  return lines.map((line) => JSON.parse(line) as JsonEvent);
}

/** A command under way. */
export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly #lines: string[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(args: readonly string[], options: CommandOptions) {
    const [file = '', ...rest] = commandLine(args, options);
    this.child = spawn(file, rest, { cwd: options.cwd, env: environment(options), stdio: 'pipe' });
    this.child.stdin?.end();
    const { stdout, stderr } = this.child;
    if (stdout === null || stderr === null) throw new Error('no pipes');
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    stdout.on('data', (chunk: Buffer) => out.push(chunk));
    stderr.on('data', (chunk: Buffer) => err.push(chunk));
    createInterface({ input: stdout }).on('line', (line) => {
      this.#lines.push(line);
      for (const look of this.#waiting) look();
    });
    this.ended = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (status, signal) => {
        resolve({
          status,
          signal,
          stdout: Buffer.concat(out).toString(),
          stderr: Buffer.concat(err).toString(),
        });
      });
    });
  }

  /** Resolves with the first line of output, earlier or to come, that `isWanted`. */
  async line(isWanted: (line: string) => boolean): Promise<string> {
    const found = new Promise<string>((resolve) => {
      const look = (): void => {
        const line = this.#lines.find(isWanted);
        if (line === undefined) return;
        this.#waiting.delete(look);
        resolve(line);
      };
      this.#waiting.add(look);
      look();
    });
    const ended = this.ended.then(({ stdout, stderr }) => {
      const line = stdout.split('\n').find(isWanted);
      if (line !== undefined) return line;
      throw new Error(`ended without the line:\n${stdout}\n${stderr}`);
    });
    return await Promise.race([found, ended]);
  }
}

/** What to spawn so that `snapshot ...args` runs. */
export function commandLine(
  args: readonly string[],
  { isOrdinary = false }: Partial<CommandOptions> = {},
): string[] {
  // Without these two, root is refused what its files' modes refuse; and unlike another user it can surely
  // reach Node and the built command, wherever the project lies.
  const dropped = ['setpriv', '--inh-caps=-all', '--bounding-set=-dac_override,-dac_read_search', '--'];
  return [...(isOrdinary && IS_ROOT ? dropped : []), NODE, MAIN, ...args];
}

export function environment({ home, env = {} }: CommandOptions): NodeJS.ProcessEnv {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...inherited } = process.env;
  return { ...inherited, ...homeVariables(home), ...env };
}

/** What makes a folder the home of a user, on all systems. */
export function homeVariables(home: string): Readonly<Record<string, string>> {
  return { HOME: home, USERPROFILE: home, XDG_STATE_HOME: home, LOCALAPPDATA: home };
}

/**
 * Runs `snapshot ...args` to its end, which has to be its own: one that dies says how. It may be the process of an
 * earlier command, unless a Node is named, which then starts for each.
 */
export async function snapshot(args: readonly string[], options: CommandOptions): Promise<Ended> {
  const { cwd, env = {}, isOrdinary = false } = options;
  if (NAMED_NODE === undefined && !isOrdinary && canBeWarm(args, env)) {
    const reply = await warmCommand({ main: MAIN, args, cwd, env: environment(options) });
    return { ...reply, signal: null };
  }
  const ended = await new Running(args, options).ended;
  const { signal, stdout, stderr } = ended;
  if (signal === null) return ended;
  throw new Error(`\`snapshot ${args.join(' ')}\` died of ${signal}:\n${stdout.slice(-2000)}\n${stderr}`);
}

/** Runs another program and returns what it prints; one that fails is an error, with what it said. */
export function tool(file: string, args: readonly string[], cwd?: string): string {
  const env = { ...process.env, LC_ALL: IS_LINUX ? 'C.UTF-8' : 'en_US.UTF-8' };
  const { status, stdout, stderr, error } = spawnSync(file, args, { cwd, env, maxBuffer: 1 << 30 });
  if (error !== undefined) throw error;
  if (status !== 0)
    throw new Error(`${file} ${args.join(' ')}: status ${status}\n${stdout.toString()}${stderr.toString()}`);
  return stdout.toString();
}

/** Whether a program is installed. */
export function hasTool(file: string): boolean {
  return spawnSync(file, ['--version'], { stdio: 'ignore' }).error === undefined;
}
