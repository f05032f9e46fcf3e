import { realpath } from 'node:fs/promises';
import path from 'node:path';

/** Whether `inner` is `outer` or lies in it, by their names alone. */
export function isInside(inner: string, outer: string): boolean {
  const way = path.relative(outer, inner);
  return way !== '..' && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way);
}

/**
 * Where `place` really is: links resolved as far as it exists, the rest appended. Two names of one folder
 * give the same answer, also by case on systems that ignore it.
 */
export async function realPlace(place: string): Promise<string> {
  try {
    return await realpath(place);
  } catch {
    const parent = path.dirname(place);
    return parent === place ? place : path.join(await realPlace(parent), path.basename(place));
  }
}
