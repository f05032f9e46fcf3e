import type { BytePath } from './path.ts';

/** The outermost of `folders` that `path` is, or lies in; undefined when there is none. The empty path holds all. */
export function folderWithin(
  path: BytePath,
  folders: { has(path: BytePath): boolean; readonly size: number },
): BytePath | undefined {
  if (folders.size === 0) return undefined;
  if (folders.has('' as BytePath)) return '' as BytePath;
  for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
    const folder = path.slice(0, end) as BytePath;
    if (folders.has(folder)) return folder;
  }
  return folders.has(path) ? path : undefined;
}
