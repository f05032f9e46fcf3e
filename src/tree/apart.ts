// Folders that are no part of a source although they lie in it, as the series that its own snapshots go to: known by what they
// are, as a bind mount or a second name leads to them by any path.
import { type BigIntStats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Excludes } from './exclude.ts';
import { type BytePath, fromText, join } from './path.ts';

/** A folder that is to be left out, wherever a scan comes to it. */
export interface Apart {
  /** It, or the nearest folder above it that existed when this was found out. */
  readonly place: string;
  readonly device: bigint;
  readonly inode: bigint;
  /** Names from there down to it; none when it existed. */
  readonly way: readonly string[];
  /** What it is: `is the series "data"`. */
  readonly what: string;
}

/** What the folder at `place` is known by; undefined where there is none, or nobody can tell. */
export async function identify(
  place: string,
): Promise<Pick<Apart, 'place' | 'device' | 'inode'> | undefined> {
  const stats = await stat(place, { bigint: true }).catch(() => undefined);
  return stats?.isDirectory() === true ? { place, device: stats.dev, inode: stats.ino } : undefined;
}

/** The one of `all` that the folder at `path` itself is. @param path - A real path of the system. */
export function findApart(
  all: readonly Apart[],
  stats: BigIntStats,
  path: string | Buffer,
): Apart | undefined {
  return all.find((one) => one.way.length === 0 && isAt(one, stats, path));
}

/** Whether the folder at `path` itself is one of `all`. What nobody can look at is none. */
export function isApart(all: readonly Apart[], path: string | Buffer): boolean {
  try {
    return findApart(all, statSync(path, { bigint: true }), path) !== undefined;
  } catch {
    return false;
  }
}

/** Those of `all` that lie below the folder at `path`, which they are known by. */
export function apartBelow(
  all: readonly Apart[],
  stats: BigIntStats,
  path: string | Buffer,
): readonly Apart[] {
  return all.filter((one) => one.way.length > 0 && isAt(one, stats, path));
}

/** `excludes`, and what lies `way` below `folder`. */
export function without(excludes: Excludes, folder: BytePath, { way }: Apart): Excludes {
  const names = way.map((name) => name.replaceAll(/[\\*?[\]!# ]/g, String.raw`\$&`));
  return excludes.within(folder, `/${names.join('/')}`);
}

export function pathBelow(folder: BytePath, { way }: Apart): BytePath {
  return join(folder, fromText(way.join('/')));
}

/** So often the two are looked at: a run may write between two looks. */
const TRIES = 3;

/**
 * Some file systems give a number to two folders, one after the other. Only the same folder has the same time of change too,
 * when both are looked at right now.
 */
function isAt({ device, inode, place }: Apart, { dev, ino }: BigIntStats, path: string | Buffer): boolean {
  if (dev !== device || ino !== inode || ino === 0n) return false;
  for (let i = 0; i < TRIES; i++) {
    try {
      const [here, there] = [statSync(path, { bigint: true }), statSync(place, { bigint: true })];
      const isSame = here.dev === there.dev && here.ino === there.ino && here.ctimeNs === there.ctimeNs;
      if (isSame) return true;
    } catch {
      // One of the two is gone: it is scanned as any other.
      return false;
    }
  }
  return false;
}
