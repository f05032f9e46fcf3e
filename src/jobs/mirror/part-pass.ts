// A pass over some folders of a mirror, in which something may have changed.
import { statSync } from 'node:fs';
import { systemCode } from '../../base/errors.ts';
import { decide } from '../../mirror/decide.ts';
import { thereOf } from '../../mirror/held.ts';
import type { Applied } from '../../mirror/applied.ts';
import type { Mirror } from '../../mirror/mirror.ts';
import type { Step } from '../../mirror/steps.ts';
import type { Entry, Problem } from '../../tree/entry.ts';
import { baseName, type BytePath, comparePaths, parentOf } from '../../tree/path.ts';
import { passedOver, scanFolder } from '../../tree/scan.ts';
import { IGNORE_FILE } from '../../tree/walk.ts';
import { folderWithin } from '../../tree/within.ts';
import type { RowContext } from '../run/row-context.ts';
import { applySteps } from './apply-steps.ts';
import { isDeletion, isMassChange } from './hold-deletions.ts';
import type { MirrorSession } from './session.ts';

/** What a pass over some folders came to. */
export type PartResult =
  /** Only a look at everything tells. */
  | { readonly isWholeDue: true }
  | { readonly isWholeDue: false; readonly applied: Applied; readonly later: readonly Later[] };

/** A folder to be looked at again. */
export interface Later {
  readonly folder: BytePath;
  readonly inMs: number;
}

/** Which steps are for another time, and when. */
export type Waits = (step: Step) => number | undefined;

/**
 * Looks at `folders`, and at what is below those that the mirror does not know, and brings that up to date.
 *
 * @param waits - In how many milliseconds a step may be taken; undefined: now.
 * @param recent - How many files were deleted in the last hour.
 */
export async function partPass(
  session: MirrorSession,
  context: RowContext,
  folders: readonly BytePath[],
  waits: Waits,
  recent: number,
): Promise<PartResult> {
  const { mirror, leftOut } = session;
  const { row } = context;
  if (!isSameRoot(row.source, mirror)) return { isWholeDue: true };
  const part = lookAt(session, row.source, folders);
  // What is not there because all of it went away is not gone.
  if (!isSameRoot(row.source, mirror)) return { isWholeDue: true };
  const isLeftOut = passedOver(row.source, leftOut);
  const unread = new Set(part.problems.flatMap(({ kind, path }) => (kind === 'vanished' ? [] : [path])));
  const all = decide({
    source: part.entries,
    there: [...mirror.held.values()]
      .filter(({ path }) => part.has(path))
      .map(thereOf)
      .toSorted((a, b) => comparePaths(a.path, b.path)),
    held: mirror.held,
    isLeftAlone: (path) => folderWithin(path, unread) !== undefined || isLeftOut(path),
    mounts: mirror.mounts,
    rehash: false,
  });
  if (needsWhole(all, mirror, recent)) return { isWholeDue: true };
  const later: Later[] = [];
  const steps = all.filter((step) => {
    const inMs = waits(step);
    if (inMs !== undefined) later.push({ folder: parentOf(step.path), inMs });
    return inMs === undefined;
  });
  const folderAt = (path: BytePath): Entry | undefined => {
    const entry = part.byPath.get(path);
    return entry?.type === 'folder' ? entry : undefined;
  };
  const applied = await applySteps(session, context, row.source, steps, folderAt, true);
  context.name(part.problems.filter(({ kind }) => kind !== 'vanished'));
  return { isWholeDue: false, applied, later };
}

function isSameRoot(source: string, { state }: Mirror): boolean {
  try {
    const { dev, ino } = statSync(source, { bigint: true });
    return state !== undefined && state.root.device === dev && state.root.inode === ino;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}

/** Whether rules have changed, a mount may have gone away, or so much is gone that somebody should look. */
function needsWhole(steps: readonly Step[], mirror: Mirror, recent: number): boolean {
  const { mounts } = mirror;
  const gone = steps.filter(isDeletion);
  if (gone.some(({ path }) => folderWithin(path, mounts) !== undefined)) return true;
  if (steps.some(({ path }) => baseName(path) === IGNORE_FILE)) return true;
  const files = gone.filter(({ type }) => type !== 'folder').length;
  return isMassChange(files, mirror.files(), recent);
}

interface Part {
  /** In path order. */
  readonly entries: readonly Entry[];
  readonly byPath: ReadonlyMap<BytePath, Entry>;
  readonly problems: readonly Problem[];
  /** Whether a path of the mirror is among what was looked at. */
  readonly has: (path: BytePath) => boolean;
}

function lookAt(
  { mirror, leftOut, apart }: MirrorSession,
  source: string,
  folders: readonly BytePath[],
): Part {
  const byPath = new Map<BytePath, Entry>();
  const problems: Problem[] = [];
  const looked = new Set<BytePath>();
  const stopped = new Set<BytePath>();
  const isKnown = ({ path, inode }: Entry): boolean => {
    const held = mirror.held.get(path);
    const known = held?.type === 'folder' && held.inode === inode;
    if (known) stopped.add(path);
    return known;
  };
  const queue = [...folders];
  for (let folder = queue.shift(); folder !== undefined; folder = queue.shift()) {
    if (looked.has(folder)) continue;
    const found = scanFolder(source, leftOut, apart, folder, isKnown);
    if (found === undefined) {
      // The folder above it tells.
      if (folder !== '') queue.push(parentOf(folder));
      continue;
    }
    looked.add(folder);
    for (const entry of found.entries) byPath.set(entry.path, entry);
    problems.push(...found.problems);
  }
  const has = (path: BytePath): boolean => {
    if (looked.has(path)) return true;
    for (let at = path; at !== '';) {
      at = parentOf(at);
      if (looked.has(at)) return true;
      if (stopped.has(at)) return false;
    }
    return false;
  };
  const entries = [...byPath.values()].toSorted((a, b) => comparePaths(a.path, b.path));
  return { entries, byPath, problems, has };
}
