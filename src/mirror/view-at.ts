// A mirror as it was at a moment. Pure.
import { type BytePath, comparePaths } from '../tree/path.ts';
import type { EntryType } from '../tree/entry.ts';
import type { Held } from './held.ts';
import type { Version } from './versions.ts';

/** Something that a mirror had at a moment, and where it is now. */
export interface Past {
  readonly path: BytePath;
  readonly type: EntryType;
  /** Below the folder of versions; undefined: it is in the mirror still, at `now`. */
  readonly version: BytePath | undefined;
  readonly now: BytePath | undefined;
  /** Of a folder that is gone. */
  readonly mode: number | undefined;
}

/**
 * All that the mirror had at `atMs`, in path order. What became of it later and is not kept any more is not among it.
 */
export function viewAt(
  held: ReadonlyMap<BytePath, Held>,
  versions: readonly Version[],
  atMs: number,
): readonly Past[] {
  const byPath = new Map<BytePath, Version[]>();
  for (const version of versions) {
    const own = byPath.get(version.path);
    if (own === undefined) byPath.set(version.path, [version]);
    else own.push(version);
  }
  for (const own of byPath.values()) own.sort((a, b) => a.untilMs - b.untilMs);
  const paths = new Set<BytePath>([...held.keys(), ...byPath.keys()]);
  const found: Past[] = [];
  for (const path of paths) {
    const past = pastOf(path, atMs, held, byPath, 0);
    if (past !== undefined) found.push({ ...past, path });
  }
  return found.toSorted((a, b) => comparePaths(a.path, b.path));
}

/** Something may have been moved so often, and back. */
const MOST_MOVES = 1000;

function pastOf(
  path: BytePath,
  atMs: number,
  held: ReadonlyMap<BytePath, Held>,
  byPath: ReadonlyMap<BytePath, readonly Version[]>,
  moves: number,
): Past | undefined {
  const version = byPath.get(path)?.find(({ untilMs, sinceMs }) => untilMs > atMs && (sinceMs ?? 0) <= atMs);
  if (version !== undefined) {
    const { type, file, movedTo, mode } = version;
    if (movedTo === undefined) return { path, type, version: file, now: undefined, mode };
    return moves < MOST_MOVES ? pastOf(movedTo, version.untilMs, held, byPath, moves + 1) : undefined;
  }
  const now = held.get(path);
  if (now === undefined || now.sinceMs > atMs) return undefined;
  return { path, type: now.type, version: undefined, now: path, mode: now.mode };
}
