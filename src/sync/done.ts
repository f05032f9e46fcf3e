// What a sync has done, step by step.
import { type BytePath, parentOf } from '../tree/path.ts';
import type { Item, SideName } from './item.ts';

/** One step of a sync, to be taken back. */
export interface Done {
  readonly do: 'put' | 'delete' | 'move' | 'folder' | 'unfolder' | 'mode';
  readonly side: SideName;
  readonly path: BytePath;
  /** Where what was there before lies now, from the root on; undefined: nothing was there. */
  readonly version?: BytePath | undefined;
  /** Where it came from, for `move`. */
  readonly from?: BytePath | undefined;
  /** What the path has had since, as its side lists it. */
  readonly left?: Item | undefined;
  /** Permission bits before, for `mode`. */
  readonly mode?: number | undefined;
}

/** The folders whose names a step has changed; the ones above may be new. */
export function foldersOf({ path, version, from }: Done): readonly BytePath[] {
  const folders: BytePath[] = [];
  for (const changed of [path, version, from])
    for (let at = changed ?? ('' as BytePath); at !== '';) folders.push((at = parentOf(at)));
  return folders;
}
