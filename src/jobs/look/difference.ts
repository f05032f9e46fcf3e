// How two trees differ, for people: what was moved is told as that, not as gone and new. Pure.
import { baseName, type BytePath } from '../../tree/path.ts';
import { type Branch, branchesOf, type PathChange, type Side } from './branches.ts';

/** The same content under another name; of a folder, with all that it holds. */
export interface Move {
  readonly kind: 'moved';
  readonly path: BytePath;
  readonly from: BytePath;
  /** `mode`, when that differs. */
  readonly reasons: readonly string[];
  readonly before: Side;
  readonly after: Side;
  /** How many paths it stands for, its own included. */
  readonly paths: number;
  readonly bytes: number;
}

export type Difference = PathChange | Move;

/**
 * Finds what was moved among `changes`: files with content that is gone at one path and new at another, and
 * folders of which everything went along.
 *
 * @param changes - In path order, removed ones among them.
 * @returns All differences in path order; a moved one stands where it is now.
 */
export function findMoves(changes: readonly PathChange[]): readonly Difference[] {
  const known = (kind: PathChange['kind']): readonly Branch[] =>
    branchesOf(changes.filter((change) => change.kind === kind)).filter(({ isDistinct }) => isDistinct);
  const [removed, added] = [known('removed'), known('added')];
  const moves = new Map<PathChange, Move>();
  const gone = new Set<PathChange>();
  const pair = (branches: readonly Branch[], ...waiting: readonly Waiting[]): void => {
    for (const from of branches) {
      if (gone.has(from.change)) continue;
      let to: Branch | undefined;
      for (const some of waiting) to ??= some.take(from, gone);
      if (to === undefined) continue;
      for (const change of [...from.changes(), ...to.changes()]) gone.add(change);
      moves.set(to.change, moveOf(from, to));
    }
  };
  // A folder before what it holds; one that keeps its name before others.
  const folders = added.filter(({ isFolder }) => isFolder);
  pair(
    removed.filter(({ isFolder }) => isFolder),
    new Waiting(folders, nameKey),
    new Waiting(folders, contentKey),
  );
  const files = added.filter(({ isFolder }) => !isFolder);
  const removedFiles = removed.filter(({ isFolder }) => !isFolder);
  pair(removedFiles, new Waiting(files, nameKey));
  pair(removedFiles, new Waiting(files, contentKey));
  return changes.flatMap((change): Difference[] => {
    const move = moves.get(change);
    return move !== undefined ? [move] : gone.has(change) ? [] : [change];
  });
}

/** Branches that wait for their other half, by what they are known by. */
class Waiting {
  readonly #queues = new Map<string, Branch[]>();
  readonly #keyOf: (branch: Branch) => string;

  constructor(branches: readonly Branch[], keyOf: (branch: Branch) => string) {
    this.#keyOf = keyOf;
    // The last one is taken first.
    for (const branch of branches.toReversed()) {
      const queue = this.#queues.get(keyOf(branch));
      if (queue === undefined) this.#queues.set(keyOf(branch), [branch]);
      else queue.push(branch);
    }
  }

  /** The first, in path order, that is like `branch` and not `gone`. */
  take(branch: Branch, gone: ReadonlySet<PathChange>): Branch | undefined {
    const queue = this.#queues.get(this.#keyOf(branch));
    for (let found = queue?.pop(); found !== undefined; found = queue?.pop()) {
      if (!gone.has(found.change)) return found;
    }
    return undefined;
  }
}

function contentKey({ digest = '' }: Branch): string {
  return digest;
}

function nameKey({ digest = '', change }: Branch): string {
  return `${digest} ${baseName(change.path)}`;
}

function moveOf(from: Branch, to: Branch): Move {
  const [before, after] = [from.side, to.side];
  const reasons = before.entry.mode === after.entry.mode ? [] : ['mode'];
  const { paths, bytes } = to;
  const kind = 'moved';
  return { kind, path: to.change.path, from: from.change.path, reasons, before, after, paths, bytes };
}

/** How many paths differ in which way, and what that amounts to. */
export interface DifferenceCount {
  readonly added: number;
  readonly modified: number;
  readonly removed: number;
  /** Paths: a moved folder counts with all that it holds. */
  readonly moved: number;
}

export function countDifferences(differences: readonly Difference[]): DifferenceCount {
  const count = { added: 0, modified: 0, removed: 0, moved: 0 };
  for (const difference of differences)
    count[difference.kind] += difference.kind === 'moved' ? difference.paths : 1;
  return count;
}

/** Files whose content a run would have to write, as no file of the snapshot is known to have it. */
export function toBackUp(differences: readonly Difference[]): {
  readonly files: number;
  readonly bytes: number;
} {
  const written = differences.flatMap(({ kind, after, reasons }) => {
    const isNew = kind === 'added' || reasons.includes('content') || reasons.includes('type');
    const isFile = after?.entry.type === 'file' && after.entry.hardlink === undefined;
    return isNew && isFile ? [after.entry.size] : [];
  });
  return { files: written.length, bytes: written.reduce((sum, bytes) => sum + bytes, 0) };
}
