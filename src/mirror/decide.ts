// Decides what makes a mirror equal to its source. Pure: no clock, no disk.
import type { Entry } from '../tree/entry.ts';
import { type BytePath, comparePaths, parentOf } from '../tree/path.ts';
import { type Held, isAsLeft, type There } from './held.ts';
import { findMoves } from './moves.ts';
import type { Step } from './steps.ts';

export interface Situation {
  /** What the source has, in path order. */
  readonly source: readonly Entry[];
  /** What the mirror has, in path order. */
  readonly there: readonly There[];
  /** What was copied there, by path. */
  readonly held: ReadonlyMap<BytePath, Held>;
  /** Whether nothing is to happen to what the mirror has at a path that `source` does not have: it could not be read there, or is left out. */
  readonly isLeftAlone: (path: BytePath) => boolean;
  /** Where other file systems are: inodes there say nothing of those elsewhere. */
  readonly mounts: { has(path: BytePath): boolean; readonly size: number };
  /** All content is read, whatever sizes and times say. */
  readonly rehash: boolean;
}

/** The steps, in an order in which they can be taken; folders get their times when all is done. */
export function decide(situation: Situation): readonly Step[] {
  const { moves, there, held } = findMoves(situation);
  const steps: Step[] = [];
  const gone: There[] = [];
  const { source } = situation;
  /** What is below it was cleared away with it. */
  let cleared: BytePath | undefined;
  for (let s = 0, t = 0; s < source.length || t < there.length;) {
    const entry = source[s];
    const found = there[t];
    const order = entry === undefined ? 1 : found === undefined ? -1 : comparePaths(entry.path, found.path);
    if (order >= 0) t++;
    if (order <= 0) s++;
    if (order > 0 || entry === undefined) {
      if (found === undefined || (cleared !== undefined && found.path.startsWith(`${cleared}/`))) continue;
      if (!situation.isLeftAlone(found.path)) gone.push(found);
      continue;
    }
    const { path } = entry;
    if (order === 0 && found !== undefined && found.type === entry.type) {
      const step = settle(entry, found, held.get(path), situation.rehash);
      const move = moves.get(path);
      if (move !== undefined) steps.push({ do: 'move', path, from: move, type: entry.type });
      if (step !== undefined) steps.push(step);
      continue;
    }
    if (order === 0 && found !== undefined) {
      const below: There[] = [];
      for (let n = t; there[n]?.path.startsWith(`${path}/`) === true; n++) below.push(there[n] as There);
      cleared = path;
      for (const { path: at, type } of [found, ...below].toReversed())
        steps.push({ do: 'clear', path: at, type });
    }
    steps.push(make(entry));
  }
  // What a folder holds goes before it.
  for (const { path, type } of gone.toReversed()) steps.push({ do: 'let go', path, type });
  return steps;
}

function make(entry: Entry): Step {
  const { path, type } = entry;
  if (type === 'folder') return { do: 'folder', path, entry };
  if (type === 'link') return { do: 'link', path, entry, replaces: false };
  return { do: 'copy', path, entry, replaces: false, keptHash: undefined, looksFirst: false };
}

/** What has to be done where the mirror has something of the right type; undefined when nothing. */
function settle(entry: Entry, found: There, held: Held | undefined, rehash: boolean): Step | undefined {
  const { path, type } = entry;
  const isKept = held !== undefined && held.type === type && isAsLeft(found, held);
  if (type === 'link') {
    if (found.target !== entry.target) return { do: 'link', path, entry, replaces: true };
    return isKept && held.mtimeNs === entry.mtimeNs ? undefined : { do: 'meta', path, entry };
  }
  if (type === 'folder') {
    const isSame =
      held?.type === 'folder' &&
      isSameMeta(held, entry) &&
      found.mtimeNs === held.keptNs &&
      found.mode === held.mode;
    return isSame ? undefined : { do: 'meta', path, entry };
  }
  const isSource = held !== undefined && held.type === type && isSameFile(held, entry);
  if (isKept && isSource && !rehash) return undefined;
  // The last of these: it was copied, and nobody had the time to note it.
  const maySame = held === undefined || held.mtimeNs === entry.mtimeNs || found.mtimeNs === entry.mtimeNs;
  return {
    do: 'copy',
    path,
    entry,
    replaces: true,
    keptHash: isKept && !rehash ? held.hash : undefined,
    looksFirst: found.size === entry.size && (maySame || rehash),
  };
}

function isSameMeta(one: Held, other: Entry): boolean {
  return (
    one.mode === other.mode && one.uid === other.uid && one.gid === other.gid && one.mtimeNs === other.mtimeNs
  );
}

function isSameFile(one: Held, other: Entry): boolean {
  return (
    one.size === other.size &&
    one.mtimeNs === other.mtimeNs &&
    one.ctimeNs === other.ctimeNs &&
    one.inode === other.inode
  );
}

/** The folders whose times have changed by `steps`, the deepest first. */
export function touchedBy(steps: readonly Step[]): readonly BytePath[] {
  const folders = new Set<BytePath>();
  for (const step of steps) {
    if (step.do === 'meta') continue;
    folders.add(parentOf(step.path));
    if (step.do === 'move') folders.add(parentOf(step.from));
    if (step.do === 'folder') folders.add(step.path);
  }
  return [...folders].toSorted(comparePaths).toReversed();
}
