// Parts of a source that are away: a mount that was there at the last snapshot, and is not now.
import { guardAwayPart, type Held } from '../../series/guards.ts';
import type { MountPoint } from '../../series/info.ts';
import type { Snapshot } from '../../series/series.ts';
import { folderWithin } from '../../tree/within.ts';
import type { Mount } from '../../tree/mounts.ts';
import { type BytePath, comparePaths, display, fromBytes, fromText } from '../../tree/path.ts';
import { isPassedOver } from '../../tree/scan.ts';
import type { Tree } from '../../tree/scanner.ts';
import { leftOutOf } from '../left-out.ts';
import type { RowContext } from './row-context.ts';

/** A part that stays as the last snapshot has it. */
interface AwayPart {
  readonly path: BytePath;
  readonly held: Held;
}

/** The mounts that a snapshot tells of, in path order. */
export function mountsOf({ info }: Snapshot): readonly Mount[] {
  return (info.mounts ?? []).map(pointOf).toSorted((a, b) => comparePaths(a.path, b.path));
}

function pointOf({ path, pathBase64 = '', id }: MountPoint): Mount {
  return { path: path === undefined ? fromBytes(Buffer.from(pathBase64, 'base64')) : fromText(path), id };
}

/**
 * Those of `known` that are not there as they were, the outermost of each, and why. What cannot be read, or is passed
 * over, is none of them.
 *
 * @param isLeftOut - Whether patterns leave a path out.
 */
export function findAwayMounts(
  known: readonly Mount[],
  { entries, mounts, problems, outside }: Pick<Tree, 'entries' | 'mounts' | 'problems' | 'outside'>,
  isLeftOut: (path: BytePath) => boolean,
): ReadonlyMap<BytePath, string> {
  const away = new Map<BytePath, string>();
  const unreadable = new Set(problems.flatMap(({ kind, path }) => (kind === 'unreadable' ? [path] : [])));
  const passed = new Set([...unreadable, ...outside]);
  for (const { path, id } of known) {
    if ((folderWithin(path, away) ?? folderWithin(path, passed)) !== undefined) continue;
    const now = mounts.find((mount) => mount.path === path);
    const i = entries.find(path);
    const isEmpty = i === undefined || !holdsAny(entries, i);
    // The guard against an empty source says it better.
    if (path === '' && isEmpty) continue;
    let why: string | undefined;
    if (i === undefined) why = isLeftOut(path) ? undefined : 'is gone';
    else if (now === undefined) {
      const type = entries.type(i);
      why = type === 'folder' ? `is ${isEmpty ? 'an empty' : 'a plain'} folder now` : `is a ${type} now`;
    } else if (isEmpty && entries.type(i) === 'folder') why = 'is empty now';
    else if (id !== undefined && now.id !== undefined && id !== now.id) why = 'is another one now';
    if (why !== undefined) away.set(path, why);
  }
  return away;
}

/** Whether there is any file or link in folder `i`, or it is one itself. */
export function holdsAny(entries: Tree['entries'], i: number): boolean {
  const path = entries.path(i);
  const prefix = path === '' ? '' : `${path}/`;
  if (entries.type(i) !== 'folder') return true;
  for (let n = i + 1; n < entries.length && entries.path(n).startsWith(prefix); n++) {
    if (entries.type(n) !== 'folder') return true;
  }
  return false;
}

/**
 * The parts of the source that are away and have something in `newest` that would count as removed, but for those that
 * the user accepts.
 */
export async function awayParts(
  context: RowContext,
  newest: Snapshot,
  tree: Tree,
): Promise<readonly AwayPart[]> {
  const { source, name } = context.row;
  const leftOut = leftOutOf(context.row);
  const away = findAwayMounts(mountsOf(newest), tree, (path) => isPassedOver(source, leftOut, path));
  if (away.size === 0) return [];
  const files = new Map<BytePath, number>();
  const missing = new Set<BytePath>();
  for (const { entry } of await context.series.entries(newest)) {
    if (entry.type === 'folder') continue;
    const part = folderWithin(entry.path, away);
    if (part === undefined) continue;
    files.set(part, (files.get(part) ?? 0) + 1);
    const i = tree.entries.find(entry.path);
    if (i === undefined || tree.entries.type(i) !== entry.type) missing.add(part);
  }
  // Where all is there that was there, nothing is lost: the same tree may be mounted in another way.
  return [...away].flatMap(([path, why]) => {
    if (!missing.has(path)) return [];
    const part = { path: display(path), why, files: files.get(path) ?? 0, snapshot: newest.name };
    const held = guardAwayPart({ name, source }, part);
    return context.accepts(path, held) ? [] : [{ path, held }];
  });
}
