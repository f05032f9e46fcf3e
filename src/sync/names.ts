// Names that some file systems take for one: they differ in case, or in how an accent is written. Pure.
import { type BytePath, toText } from '../tree/path.ts';

/** Those of `paths` that such a file system takes for another one of them. */
export function twinsIn(paths: readonly BytePath[]): ReadonlySet<BytePath> {
  const byName = new Map<string, BytePath[]>();
  for (const path of paths) {
    const name = foldedName(path);
    const same = byName.get(name);
    if (same === undefined) byName.set(name, [path]);
    else same.push(path);
  }
  return new Set([...byName.values()].filter(({ length }) => length > 1).flat());
}

/** What is the same for all names that such a file system takes for one. */
export function foldedName(path: BytePath): string {
  return (toText(path) ?? path).normalize('NFC').toLowerCase().toUpperCase().normalize('NFC');
}
