import type { EntryTable } from './entry-table.ts';
import type { BytePath } from './path.ts';

/** For each entry that is a further name of a file: the number of the entry with its first name. */
export function firstNames(entries: EntryTable): ReadonlyMap<number, number> {
  const numbers = new Map<BytePath, number>();
  const further: number[] = [];
  for (let i = 0; i < entries.length; i++) {
    const first = entries.hardlink(i);
    if (first === undefined) continue;
    further.push(i);
    numbers.set(first, -1);
  }
  if (further.length === 0) return new Map();
  for (let i = 0; i < entries.length; i++) {
    if (numbers.has(entries.path(i))) numbers.set(entries.path(i), i);
  }
  return new Map(further.map((i) => [i, numbers.get(entries.hardlink(i) ?? ('' as BytePath)) ?? -1]));
}

/** Gives every further name of a file what is known of the first one by now: its hash, and what a read found. */
export function shareContent(entries: EntryTable): void {
  for (const [i, first] of firstNames(entries)) {
    if (first < 0) continue;
    entries.update(i, entries.at(first));
    const hash = entries.hash(first);
    if (hash !== undefined) entries.setHash(i, hash);
  }
}
