import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { SnapshotError } from '../base/errors.ts';

/** The end of what a program says is kept. */
const MOST_CHARACTERS = 2000;

/**
 * Refuses to go on without programs.
 *
 * @throws {@link SnapshotError} `E_HOST` that names the one that is missing.
 */
export function needPrograms(names: readonly string[]): void {
  for (const name of names) {
    // Not all know this option; that one can be started is enough.
    if (spawnSync(name, ['--version'], { stdio: 'ignore', timeout: 10_000 }).error === undefined) continue;
    throw new SnapshotError('E_HOST', `This machine has no \`${name}\``, {
      hint: 'A drill extracts with the programs of the system, as one without this program would.',
    });
  }
}

/**
 * Runs what `sh PLACE ARGUMENT` would, if the file at `place` were the `script`; aborting `signal` ends it and all that
 * it has started.
 *
 * @param script - A copy, which nobody else can write to: who checks a script has to run what was checked.
 * @returns Undefined when it ended well, else what it said last.
 */
export async function runScript(
  script: string,
  place: string,
  argument: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  signal.throwIfAborted();
  // A group of its own: what sh starts is reached with it.
  const args = ['-c', '. "$2"', place, argument, script];
  const child = spawn('sh', args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  const stop = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    } catch {
      // It has ended by itself.
    }
  };
  return await childEnd(child, stop, signal);
}

/**
 * How a program ends that says what is wrong on its standard error.
 *
 * @param stop - Ends it, and all that it has started: called when `signal` is aborted.
 * @returns Undefined when it ended well, else what it said last.
 * @throws The reason of `signal`; or why it could not be started.
 */
export async function childEnd(
  child: ChildProcess,
  stop: () => void,
  signal: AbortSignal,
): Promise<string | undefined> {
  signal.addEventListener('abort', stop);
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-MOST_CHARACTERS);
  });
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    signal.throwIfAborted();
    if (status === 0) return undefined;
    return said.trim() === '' ? `it ended with status ${status ?? 'unknown'}` : said.trim();
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
