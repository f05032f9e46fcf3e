import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { isInside } from './place.ts';
import { InvalidValue, quoted } from './problem.ts';

/** A source that has to be looked for. */
export interface Pattern {
  /** The longest part of the path that exists as written. */
  readonly folder: string;
  /** The rest, with `/` between its parts. */
  readonly glob: string;
}

/**
 * Tells whether an absolute `source` is a glob, and splits it.
 *
 * What exists as written is taken as written, part by part from the root: in a folder called `[2024]`, the
 * brackets are no glob, whether they stand in the cell, in the plan's own path or in a variable.
 *
 * @returns undefined when `source` exists, or has no glob characters in the part that does not.
 */
export async function findPattern(source: string): Promise<Pattern | undefined> {
  const { root } = path.parse(source);
  const parts = source.slice(root.length).split(path.sep);
  // Most sources are plain paths, which need no glob library to be loaded.
  if (!/[*?[\]{}()!+@]/.test(source)) return undefined;
  const { default: fastGlob } = await import('fast-glob');
  if (!fastGlob.isDynamicPattern(parts.join('/') || '/')) return undefined;
  let folder = root;
  for (const [index, part] of parts.entries()) {
    const next = path.join(folder, part);
    if (!(await exists(next))) {
      const glob = parts.slice(index).join('/');
      return fastGlob.isDynamicPattern(glob) ? { folder, glob } : undefined;
    }
    folder = next;
  }
  return undefined;
}

async function exists(place: string): Promise<boolean> {
  try {
    await lstat(place);
    return true;
  } catch {
    return false;
  }
}

/**
 * The absolute paths that `pattern` matches, in byte order: files, folders and links, hidden ones too.
 * Folders that cannot be read count as empty. `**` does not descend into links, which may lead in circles.
 *
 * What lies in one of `destinations`, and a destination itself, never match from outside: a plan that works before
 * a destination exists must work once it does.
 *
 * @throws {@link InvalidValue} when `pattern` is beyond what a glob can be.
 */
export async function findMatches(
  { folder, glob }: Pattern,
  destinations: readonly string[],
): Promise<string[]> {
  // A leading `!` would turn the whole glob round.
  const escaped = /^!(?!\()/.test(glob) ? `\\${glob}` : glob;
  const { default: fastGlob } = await import('fast-glob');
  try {
    const found = await fastGlob(escaped, {
      cwd: folder,
      absolute: true,
      dot: true,
      onlyFiles: false,
      followSymbolicLinks: !glob.includes('**'),
      suppressErrors: true,
    });
    return found
      .map((match) => path.resolve(match))
      .filter((match) => destinations.every((one) => isInside(folder, one) || !isInside(match, one)))
      .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  } catch {
    throw new InvalidValue(`unusable glob ${quoted(glob)}`, 'write a shorter or simpler one');
  }
}
