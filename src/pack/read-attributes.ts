import { attributeCalls, type Attributed, type FoundAttributes } from '../base/attribute-calls.ts';
import type { Problem } from '../tree/entry.ts';
import type { EntryTable } from '../tree/entry-table.ts';

/** Extended attributes that one task has read, by number of the entry within it. All others that it read have none. */
export interface ReadAttributes {
  readonly found: ReadonlyMap<number, string>;
  /** What could not be had, in words. */
  readonly refused: ReadonlyMap<number, string>;
}

/** Gathers the attributes of what a task reads. */
export class AttributesOfTask implements ReadAttributes {
  readonly found: Map<number, string> = new Map();
  readonly refused: Map<number, string> = new Map();

  /** @param found - Undefined where none can be read. */
  add(n: number, found: FoundAttributes | undefined): string | undefined {
    if (found === undefined) return undefined;
    if (found.attributes !== '') this.found.set(n, found.attributes);
    if (found.refused !== undefined) this.refused.set(n, found.refused);
    return found.attributes;
  }

  /** For the answer of the task: undefined where no attributes can be read at all. */
  result(): ReadAttributes | undefined {
    return attributeCalls() === undefined ? undefined : { found: this.found, refused: this.refused };
  }
}

/** Those of a file that is open, or of what is at a path. */
export function attributesOf(of: Attributed): FoundAttributes | undefined {
  return attributeCalls()?.read(of);
}

/** Notes in `entries` what a task has read of those with `numbers`. @param has - Whether the task has read the n-th. */
export function noteAttributes(
  entries: EntryTable,
  numbers: readonly number[],
  read: ReadAttributes | undefined,
  has: (n: number) => boolean,
): readonly Problem[] {
  if (read === undefined) return [];
  const problems: Problem[] = [];
  for (const [n, i] of numbers.entries()) {
    if (!has(n)) continue;
    entries.setAttributes(i, read.found.get(n) ?? '');
    const why = read.refused.get(n);
    if (why !== undefined) problems.push(attributesProblem(entries, i, why));
  }
  return problems;
}

export function attributesProblem(entries: EntryTable, i: number, why: string): Problem {
  return { path: entries.path(i), kind: 'attributes', reason: `its extended attributes: ${why}` };
}
