import { realpath } from 'node:fs/promises';
import path, { type PlatformPath } from 'node:path';

/**
 * Whether `inner` is `outer` or lies in it, by their names alone.
 *
 * @param platform - Whose paths these are; for tests.
 */
export function isInside(inner: string, outer: string, platform: PlatformPath = path): boolean {
  const way = platform.relative(outer, inner);
  // From one drive of Windows to another there is no relative way.
  return way !== '..' && !way.startsWith(`..${platform.sep}`) && !platform.isAbsolute(way);
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
