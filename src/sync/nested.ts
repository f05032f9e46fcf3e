// A folder in a side may itself be a side of another pair. What that one keeps for itself there is left alone on both sides: its lock
// would keep others out over there, its id would be that of two roots, and what it writes at this moment is no leftover.
import { type BytePath, baseName, parentOf } from '../tree/path.ts';
import { folderWithin } from '../tree/within.ts';
import type { Item } from './item.ts';
import { DATA_FOLDER, DOT_SYNC, DOT_SYNC_LOCK } from './own-paths.ts';
import type { Listing } from './side.ts';

const IN_ROOT: ReadonlySet<string> = new Set([DOT_SYNC, DOT_SYNC_LOCK]);

/** Whether `path` is the folder for what a pair keeps, at whatever depth, or lies in one. */
export function isPairData(path: BytePath): boolean {
  return `/${path}/`.includes(`/${DATA_FOLDER}/`);
}

/** `listing` without what belongs to other pairs. */
export function withoutNested(listing: Listing): Listing {
  const roots = new Set<BytePath>();
  for (const [path, { type }] of listing.items)
    if (type === 'folder' && path.endsWith(`/${DATA_FOLDER}`)) roots.add(parentOf(path));
  if (roots.size === 0)
    return { ...listing, isLeftOut: (path) => isPairData(path) || listing.isLeftOut(path) };
  const isTheirs = (path: BytePath): boolean =>
    isPairData(path) || (IN_ROOT.has(baseName(path)) && roots.has(parentOf(path)));
  const items = new Map<BytePath, Item>();
  for (const [path, item] of listing.items) if (!isTheirs(path)) items.set(path, item);
  return {
    ...listing,
    items,
    problems: listing.problems.filter(({ path }) => !isTheirs(path)),
    parts: listing.parts.filter((path) => folderWithin(path, roots) === undefined),
    isLeftOut: (path) => isTheirs(path) || listing.isLeftOut(path),
  };
}
