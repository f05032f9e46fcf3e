import { execFile } from 'node:child_process';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { reasonOf, SnapshotError, systemCode } from '../../base/errors.ts';
import { ensureFolder } from '../../base/ensure-folder.ts';
import { homeFolder } from '../../base/home.ts';
import { type Entry, type FoundEntry, readTags } from './entry.ts';

export type SchedulerKind = 'systemd' | 'crontab' | 'launchd' | 'task';

/** Something of a system that runs commands at given times. */
export interface Scheduler {
  readonly kind: SchedulerKind;
  /** Whether it works on this machine, for this user. */
  isHere(): Promise<boolean>;
  /** What {@link install} would write. */
  drafts(entry: Entry): readonly Draft[];
  /**
   * Adds `entry`, or replaces the one of its name.
   *
   * @throws {@link SnapshotError} `E_HOST` when the system refuses, or when what is there is not ours.
   */
  install(entry: Entry): Promise<void>;
  /** Entries of this program, and of this user. */
  list(): Promise<readonly FoundEntry[]>;
  /** @returns Whether there was one of that name. */
  remove(name: string): Promise<boolean>;
  /** What else the user should know. */
  readonly hint: string | undefined;
}

/** A file, or a part of one, as it would be written. */
export interface Draft {
  readonly place: string;
  readonly text: string;
}

/** How a program ended; `status` is null when it could not be started. */
export interface Answer {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** For whom entries are made, and how programs are run there. */
export interface SchedulerHost {
  readonly isRoot: boolean;
  readonly uid: number;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly run: (file: string, args: readonly string[], input?: Buffer) => Promise<Answer>;
}

/** This user on this machine. */
export function thisSchedulerHost(): SchedulerHost {
  const uid = process.getuid?.() ?? -1;
  return { isRoot: uid === 0, uid, home: uid === 0 ? '/' : homeOrRefuse(), env: process.env, run };
}

/** Where a user's entries lie; root's lie elsewhere. @throws {@link SnapshotError} `E_HOST` for who has none. */
function homeOrRefuse(): string {
  const home = homeFolder();
  if (home !== undefined) return home;
  throw new SnapshotError('E_HOST', 'This user has no home folder, where entries of schedulers lie', {
    hint: 'Set HOME, or run it as root.',
  });
}

async function run(file: string, args: readonly string[], input?: Buffer): Promise<Answer> {
  return await new Promise((resolve) => {
    // What programs say is looked into, so in one language.
    const options = { env: { ...process.env, LC_ALL: 'C' }, encoding: 'buffer' as const, maxBuffer: 1 << 26 };
    const child = execFile(file, args, options, (error, stdout, stderr) => {
      const code: unknown = error?.code;
      const status = error === null ? 0 : typeof code === 'number' ? code : null;
      resolve({ status, stdout, stderr: stderr.toString('utf8').trim() || (error?.message ?? '') });
    });
    // One that is missing, or that ends early, has its own way of saying so.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input ?? '');
  });
}

/** Runs a program that has to succeed. @throws {@link SnapshotError} `E_HOST` with what it said. */
export async function must(
  host: SchedulerHost,
  file: string,
  args: readonly string[],
  input?: Buffer,
): Promise<Answer> {
  const answer = await host.run(file, args, input);
  if (answer.status === 0) return answer;
  throw new SnapshotError(
    'E_HOST',
    `Cannot do \`${[path.basename(file), ...args].join(' ')}\`: ${answer.stderr}`,
    {
      hint: '`snapshot schedule --cron "0 2 * * *"` needs no help of the system.',
    },
  );
}

/** Writes a file of ours, whole or not at all. @throws E_HOST when a file of somebody else is there. */
export async function writeOurs(file: string, text: string): Promise<void> {
  await refuseForeign(file);
  try {
    await ensureFolder(path.dirname(file), 0o777);
    await writeFile(`${file}.part`, text);
    await rename(`${file}.part`, file);
  } catch (cause) {
    throw new SnapshotError('E_HOST', `Cannot write "${file}": ${reasonOf(cause)}`, { cause });
  }
}

/** Removes a file of ours; whether there was one. @throws E_HOST when it is somebody else's. */
export async function removeOurs(file: string): Promise<boolean> {
  if ((await readText(file)) === undefined) return false;
  await refuseForeign(file);
  try {
    await rm(file);
  } catch (cause) {
    throw new SnapshotError('E_HOST', `Cannot remove "${file}": ${reasonOf(cause)}`, { cause });
  }
  return true;
}

async function refuseForeign(file: string): Promise<void> {
  const text = await readText(file);
  if (text === undefined || readTags(text).length > 0) return;
  throw new SnapshotError(
    'E_HOST',
    `Cannot touch "${file}": it was not written by \`snapshot schedule install\``,
    {
      hint: 'Choose another --name, or move the file away.',
    },
  );
}

/** The text of a file, or undefined when there is none. */
export async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw new SnapshotError('E_HOST', `Cannot read "${file}": ${reasonOf(cause)}`, { cause });
  }
}
