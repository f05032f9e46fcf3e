// Runs a command and says what it took: time on the wall, and memory as GNU time saw it.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One program, or several joined by pipes. */
export interface Command {
  readonly stages: readonly (readonly [program: string, ...options: string[]])[];
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Cost {
  readonly seconds: number;
  /**
   * The largest resident set of the largest process of each stage, summed over the stages. Threads count
   * with their process. `undefined` where GNU time is not installed.
   */
  readonly memoryBytes: number | undefined;
}

const GNU_TIME = '/usr/bin/time';

function findGnuTime(): boolean {
  const { stdout, stderr } = spawnSync(GNU_TIME, ['--version'], { encoding: 'utf8' });
  return /GNU/.test(`${stdout}${stderr}`);
}

export const hasGnuTime: boolean = findGnuTime();

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/**
 * Runs `command` to its end.
 *
 * Every command goes through the shell, single programs too: the 2 ms this costs are the same for all.
 *
 * @param scratch - A folder for the notes of GNU time, outside of everything measured.
 * @throws Error when any stage ends with a status other than 0.
 */
export function measure(command: Command, scratch: string): Cost {
  const notes = command.stages.map((_, index) => join(scratch, `memory-${index}`));
  const line = command.stages
    .map((stage, index) =>
      hasGnuTime ? [GNU_TIME, '-q', '-f', '%M', '-o', notes[index] ?? '', ...stage] : stage,
    )
    .map((words) => words.map(quote).join(' '))
    .join(' | ');
  const started = process.hrtime.bigint();
  const { status, error } = spawnSync('bash', ['-o', 'pipefail', '-c', line], {
    stdio: ['ignore', 'ignore', 'inherit'],
    cwd: command.folder,
    env: { ...process.env, ...command.environment },
  });
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`Exit status ${status ?? 'none'} from: ${line}`);
  return { seconds, memoryBytes: hasGnuTime ? sumKibibytes(notes) : undefined };
}

function sumKibibytes(notes: readonly string[]): number {
  return notes.reduce((sum, note) => sum + Number(readFileSync(note, 'utf8')) * 1024, 0);
}

/** Bytes that `folder` takes on disk, in whole blocks, a file with several names once. */
export function diskBytes(folder: string): number {
  const { stdout, status } = spawnSync('du', ['-s', '-B1', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`Cannot measure "${folder}"`);
  return Number.parseInt(stdout, 10);
}

/** Writes everything out, so that no tool pays for what the one before it left in memory. */
export function flushDisks(): void {
  spawnSync('sync');
}

/** The first version number that a program prints, or `undefined` when there is no such program. */
export function versionOf(program: string, ...options: readonly string[]): string | undefined {
  const { stdout, stderr, error } = spawnSync(program, options, { encoding: 'utf8' });
  if (error !== undefined) return undefined;
  return /\d+\.\d+(\.\d+)*/.exec(`${stdout}${stderr}`)?.[0] ?? 'unknown';
}
