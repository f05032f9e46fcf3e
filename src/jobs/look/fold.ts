// Folders that came or went as a whole, told once instead of path by path. Pure.
import type { PathChange } from './branches.ts';
import type { Difference } from './difference.ts';

/** A folder of which everything came, or went. */
export interface Folded {
  readonly kind: 'folded';
  readonly change: PathChange;
  /** How many paths lie below it. */
  readonly paths: number;
  /** Of the files among them. */
  readonly bytes: number;
}

/** @param differences - In path order. */
export function foldDifferences(differences: readonly Difference[]): readonly (Difference | Folded)[] {
  const told: (Difference | Folded)[] = [];
  for (let i = 0; i < differences.length; i++) {
    const one = differences[i];
    if (one === undefined) break;
    const folded = foldAt(differences, i, one);
    told.push(folded ?? one);
    if (folded !== undefined) i += folded.paths;
  }
  return told;
}

function foldAt(differences: readonly Difference[], i: number, one: Difference): Folded | undefined {
  const side = one.after ?? one.before;
  if ((one.kind !== 'added' && one.kind !== 'removed') || side?.entry.type !== 'folder') return undefined;
  let bytes = 0;
  let end = i + 1;
  for (; end < differences.length; end++) {
    const below = differences[end];
    if (below === undefined || !below.path.startsWith(`${one.path}/`)) break;
    // What was moved here is not new.
    if (below.kind !== one.kind) return undefined;
    const { entry } = below.after ?? below.before ?? side;
    bytes += entry.type === 'file' ? entry.size : 0;
  }
  const paths = end - i - 1;
  return paths === 0 ? undefined : { kind: 'folded', change: one, paths, bytes };
}
