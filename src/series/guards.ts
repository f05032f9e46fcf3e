// Checks that stop what would do harm. Pure, but for the file that remembers one.
import { formatBytes, formatCountOf } from '../base/amounts.ts';
import { SnapshotError } from '../base/errors.ts';
import { commandLine } from '../base/command-line.ts';
import { removeIfAllowed } from '../store/remove-if-allowed.ts';
import { display, toText } from '../tree/path.ts';
import { Fields } from './index/fields.ts';
import type { FolderLoss } from './damage/folder-losses.ts';
import type { Series } from './series.ts';
import { HELD_FILE } from './names.ts';

export type GuardName =
  | 'empty-source'
  | 'mass-change'
  | 'bit-rot'
  | 'free-space'
  | 'owner'
  | 'away-part'
  | 'renamed'
  | 'empty-side'
  | 'replaced-side';

/** A guard that stops the whole row. */
export class GuardError extends SnapshotError {
  readonly guard: GuardName;

  constructor(guard: GuardName, message: string, hint: string) {
    super('E_GUARD', message, { hint });
    this.guard = guard;
  }
}

/** A guard that held something back, and what a user should know about it. */
export interface Held {
  readonly guard: GuardName;
  readonly message: string;
  readonly hint: string;
  /** The one path that it is about, as text, from the source on. */
  readonly path?: string | undefined;
}

/**
 * The hint for every guard that `--accept-changes` overrules: for this series only, others may have a reason too.
 *
 * @param path - The only one that it is about, as shown to people.
 */
export function wayOut(series: string, path?: string, condition = 'If that is what you want'): string {
  return `${condition}, ${runOnce(series, path)}`;
}

function runOnce(series: string, path?: string): string {
  const only = path === undefined ? '' : `=${seriesWord(path === '' ? '.' : path)}`;
  return `run this once: \`${optionsFor(series, `--accept-changes${only}`)}\`.`;
}

/** What removes snapshots that a lowered `keep` lets go. */
export function pruneHint(series: string): string {
  return `lower \`keep\` in the plan, and run \`${commandLine(`prune ${seriesWord(series)}`)}\``;
}

/** What brings the row of this process up to date, where it has no plan. */
let again: string | undefined;

/** Says which command the user has given instead of `run`, for hints. */
export function setAgain(command: string): void {
  again = command;
}

/** The run of one row that overrules a guard. */
export function optionsFor(series: string, overrule: string): string {
  if (again !== undefined) return commandLine(`${again} ${overrule}`);
  return commandLine(`run --only ${seriesWord(series)} ${overrule}`);
}

/** The name or folder of a series, or a path, as one word of a shell. */
export function seriesWord(text: string): string {
  // A name of a row holds neither quotes nor backslashes, but may hold other things that mean something to a shell.
  return /^[\p{L}\p{N}_./-]+$/u.test(text) ? text : `"${text.replaceAll(/["\\$`]/g, String.raw`\$&`)}"`;
}

/**
 * A source without files although the last snapshot had some: most likely a disk that is not mounted.
 *
 * @param accepted - `--accept-changes` was given.
 */
export function guardEmptySource(
  { name, source }: { readonly name: string; readonly source: string },
  previousFiles: number,
  files: number,
  accepted: boolean,
): void {
  if (accepted || files > 0 || previousFiles === 0) return;
  throw new GuardError(
    'empty-source',
    `Source "${source}" is empty, but the last snapshot has ${formatCountOf(previousFiles, 'file')}; nothing was written`,
    `Is its disk connected? ${wayOut(name)}`,
  );
}

/** What is written beside archives, at most, unless there are very many files. */
const MARGIN_BYTES = 4 * 1024 * 1024;

/**
 * Less room at the destination than the run is going to need.
 *
 * @param newBytes - About what the new archives will take.
 * @param freeBytes - Undefined when the destination does not know.
 */
export function guardFreeSpace(
  { name, destination }: { readonly name: string; readonly destination: string },
  newBytes: number,
  freeBytes: number | undefined,
  accepted: boolean,
): void {
  const needed = Math.ceil(newBytes) + MARGIN_BYTES;
  if (accepted || freeBytes === undefined || freeBytes >= needed) return;
  throw new GuardError(
    'free-space',
    `"${destination}" has ${formatBytes(freeBytes)} free, and about ${formatBytes(needed)} are needed; nothing was written`,
    `Make room there, or ${pruneHint(name)}. It may be enough all the same. ${wayOut(name)}`,
  );
}

/** More than half of the last snapshot's files gone or modified (`hit`), and more than 100 of them. */
export function guardMassChange(series: string, previousFiles: number, hit: number): Held | undefined {
  if (hit <= 100 || hit * 2 <= previousFiles) return undefined;
  return {
    guard: 'mass-change',
    message: `${hit} of ${previousFiles} files are gone or modified; the snapshot is an extra one and nothing is rotated out`,
    hint: wayOut(series),
  };
}

/** Folders, or the whole, that lost more than half of what they had in the snapshot `since`. */
export function guardLosses(series: string, losses: readonly FolderLoss[], since: string): Held {
  const of = losses.map(({ path, lost, files }) => {
    return path === '' ? `${lost} of ${files} files` : `${lost} of ${files} files in "${display(path)}"`;
  });
  const examples = losses.flatMap((loss) => loss.examples).slice(0, 3);
  const shown = examples.map((path) => `"${display(path)}"`).join(', ');
  const [first, second] = losses;
  const path = first === undefined || second !== undefined ? undefined : toText(first.path);
  return {
    guard: 'mass-change',
    message: `${of.join(' and ')} are gone or modified since ${since}, as ${shown}; the snapshot is an extra one and nothing is rotated out`,
    hint: wayOut(series, path === '' ? undefined : path),
    ...(path !== undefined && { path }),
  };
}

/** A part of the source that was a mount in the last snapshot, and is not there as it was. */
export function guardAwayPart(
  { name, source }: { readonly name: string; readonly source: string },
  part: { readonly path: string; readonly why: string; readonly files: number; readonly snapshot: string },
): Held {
  const { path, why, files, snapshot } = part;
  const what = path === '' ? `Source "${source}"` : `"${path}"`;
  const [count, stays] =
    files === 1 ? ['the file', 'stays as it is'] : [`the ${files} files`, 'stay as they are'];
  return {
    guard: 'away-part',
    message: `${what} was a mount, and ${why}; ${count} that snapshot ${snapshot} has there ${stays}, and nothing is rotated out`,
    hint: `Is it connected? Once it is back, runs go on by themselves. If it is gone for good, ${runOnce(name, path)}`,
  };
}

/** Files whose content differs from the last snapshot's while size, times and inode do not. */
export function guardBitRot(series: string, files: number): Held {
  return {
    guard: 'bit-rot',
    message: `${files} ${files === 1 ? 'file has' : 'files have'} other content than before although nothing wrote to them; their last good copies are kept, and nothing is rotated out`,
    hint: `Check the disk that holds the source, and restore these files. ${wayOut(series)}`,
  };
}

/** What held.json says: rotation is held back until a run with `--accept-changes`. */
export interface HeldFile {
  readonly since: string;
  readonly guard: string;
  readonly snapshot: string;
  readonly message: string;
  /** The folder that it is about, from the source on; absent where it is about the whole, or more than one. */
  readonly path?: string | undefined;
}

/** The guard that holds rotation in `series` back since an earlier run, if one does. */
export async function readHeld(series: Series): Promise<HeldFile | undefined> {
  const bytes = await series.store.read(series.key(HELD_FILE));
  if (bytes === undefined) return undefined;
  try {
    const held = Fields.parse(bytes.toString('utf8'), series.place(HELD_FILE));
    if (held.has('accepted')) return undefined;
    return {
      since: held.text('since'),
      guard: held.text('guard'),
      snapshot: held.text('snapshot'),
      message: held.text('message'),
      ...(held.has('path') && { path: held.text('path') }),
    };
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    // That it exists is what counts.
    return { since: '', guard: 'mass-change', snapshot: 'an earlier run', message: error.message };
  }
}

export async function writeHeld(series: Series, held: HeldFile): Promise<void> {
  await series.store.put(series.key(HELD_FILE), Buffer.from(`${JSON.stringify(held, undefined, 2)}\n`));
}

/** Lifts what {@link readHeld} found. Where nothing may be removed, the file says that it counts no more. */
export async function liftHeld(series: Series, held: HeldFile, now: Date): Promise<void> {
  const key = series.key(HELD_FILE);
  if (await removeIfAllowed(series.store, key)) return;
  const lifted = { ...held, accepted: now.toISOString() };
  await series.store.put(key, Buffer.from(`${JSON.stringify(lifted, undefined, 2)}\n`));
}
