// What came or went together: the trees that changes make up. Pure.
import { createHash } from 'node:crypto';
import type { Entry } from '../../tree/entry.ts';
import { baseName, type BytePath } from '../../tree/path.ts';

/** An entry of one of the two trees. The hash is undefined where it is not known, and for what is no file. */
export interface Side {
  readonly entry: Entry;
  readonly hash: Uint8Array | undefined;
}

/** A path that only one tree has, or that differs. */
export interface PathChange {
  readonly kind: 'added' | 'modified' | 'removed';
  readonly path: BytePath;
  /** What differs: `type`, `content`, `target`, `mode`; for `modified` only. */
  readonly reasons: readonly string[];
  readonly before: Side | undefined;
  readonly after: Side | undefined;
}

/** A path with all that it holds, when all of that came or went together. */
export class Branch {
  readonly change: PathChange;
  readonly children: Branch[] = [];
  /** Says what it holds: the same for a branch that differs in its own name and mode only. Undefined: not known. */
  digest: string | undefined;
  paths = 1;
  bytes = 0;

  constructor(change: PathChange) {
    this.change = change;
  }

  get side(): Side {
    const { before, after } = this.change;
    const side = before ?? after;
    if (side === undefined) throw new RangeError('a change of nothing');
    return side;
  }

  get isFolder(): boolean {
    return this.side.entry.type === 'folder';
  }

  /** Whether its content tells it from others: every empty file is like every other. */
  get isDistinct(): boolean {
    return this.digest !== undefined && this.bytes > 0;
  }

  *changes(): Generator<PathChange> {
    yield this.change;
    for (const child of this.children) yield* child.changes();
  }
}

/** `changes`, all of one kind, each with what lies below it; in path order. */
export function branchesOf(changes: readonly PathChange[]): readonly Branch[] {
  const branches: Branch[] = [];
  const open: Branch[] = [];
  const close = (): void => {
    const branch = open.pop();
    if (branch !== undefined) sum(branch);
  };
  for (const change of changes) {
    const branch = new Branch(change);
    while (open.length > 0 && !change.path.startsWith(`${open.at(-1)?.change.path}/`)) close();
    open.at(-1)?.children.push(branch);
    branches.push(branch);
    open.push(branch);
  }
  while (open.length > 0) close();
  return branches;
}

/** Adds up what is below `branch`, whose children are complete. */
function sum(branch: Branch): void {
  const { entry, hash } = branch.side;
  if (entry.type === 'link') branch.digest = entry.target;
  else if (entry.type === 'file') {
    branch.bytes = entry.size;
    if (entry.size === 0) branch.digest = 'empty';
    else if (hash !== undefined) branch.digest = Buffer.from(hash).toString('hex');
  } else sumFolder(branch);
}

function sumFolder(branch: Branch): void {
  const all = createHash('sha256');
  let isKnown = true;
  for (const { change, side, paths, bytes, digest } of branch.children) {
    const { type, mode } = side.entry;
    branch.paths += paths;
    branch.bytes += bytes;
    isKnown &&= digest !== undefined;
    all.update(`${JSON.stringify([baseName(change.path), type, mode, digest])}\n`);
  }
  if (isKnown) branch.digest = all.digest('hex');
}
