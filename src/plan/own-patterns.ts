// Patterns of `exclude` that are written as full paths.
import type { PlatformPath } from 'node:path';
import { isInside } from './place.ts';

/** Where patterns are read. */
interface Around {
  readonly path: PlatformPath;
  readonly home: string | undefined;
}

/**
 * `patterns` with those that are full paths below `source`, or begin with `~/`, as gitignore writes them: from the
 * source on. One that lies in another of `siblings`, the matches of one glob, says nothing of this one. The others stay as they
 * are. (That `/home/ada/x` is to be `home/ada/x` below the source `/home/ada`, nobody means.)
 */
export function ownPatterns(
  patterns: readonly string[],
  source: string,
  siblings: readonly string[],
  { path, home }: Around,
): readonly string[] {
  return patterns.flatMap((pattern) => {
    const [, sign = '', body = ''] = /^(!?)(.*)$/s.exec(pattern) ?? [];
    const full = body.startsWith('~/') && home !== undefined ? home + body.slice(1) : body;
    if (!path.isAbsolute(full)) return [pattern];
    const isBelow = (folder: string): boolean =>
      path.relative(folder, full) !== '' && isInside(full, folder, path);
    // The root has everything below it, and patterns that begin there are its own.
    if (isBelow(source) && path.dirname(source) !== source) {
      const end = full.endsWith('/') ? '/' : '';
      return [`${sign}/${path.relative(source, full).split(path.sep).join('/')}${end}`];
    }
    return siblings.some((other) => other !== source && isBelow(other)) ? [] : [pattern];
  });
}
