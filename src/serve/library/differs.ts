// Whether folders still hold what is known of them: a cheap look before a comparison of everything.
import { lstat, readdir } from 'node:fs/promises';
import { baseName, type BytePath, fromBytes, join, parentOf, systemPath } from '../../tree/path.ts';
import type { Held, Holdings } from './holdings.ts';
import { isSameSight, sightOfStats } from './sight.ts';

/** What is known of a folder: its files, and the names of the folders in it that hold some. */
interface Known {
  readonly files: Map<BytePath, Held>;
  readonly folders: Set<BytePath>;
}

/** Whether one of `folders` below `root` holds anything else than is known; what an upload has just placed is known. */
export async function differs(
  root: string,
  holdings: Holdings,
  folders: readonly BytePath[],
): Promise<boolean> {
  for (const [folder, known] of knownOf(holdings, folders)) {
    if (await isOther(root, folder, known)) return true;
  }
  return false;
}

function knownOf(holdings: Holdings, folders: readonly BytePath[]): ReadonlyMap<BytePath, Known> {
  const known = new Map(
    folders.map((folder): [BytePath, Known] => [folder, { files: new Map(), folders: new Set() }]),
  );
  for (const held of holdings.all()) {
    known.get(parentOf(held.path))?.files.set(baseName(held.path), held);
    for (let folder = parentOf(held.path); folder !== ''; folder = parentOf(folder))
      known.get(parentOf(folder))?.folders.add(baseName(folder));
  }
  return known;
}

async function isOther(root: string, folder: BytePath, known: Known): Promise<boolean> {
  let names: readonly BytePath[];
  try {
    names = (await readdir(systemPath(root, folder), { encoding: 'buffer' })).map(fromBytes);
  } catch {
    // Gone; or it cannot be read, which the comparison tells.
    return true;
  }
  let seen = 0;
  for (const name of names) {
    if (known.folders.has(name)) {
      seen += 1;
      continue;
    }
    const held = known.files.get(name);
    if (held === undefined) return true;
    const stats = await lstat(systemPath(root, join(folder, name)), { bigint: true }).catch(() => undefined);
    if (stats?.isFile() !== true || !isSameSight(held, sightOfStats(stats))) return true;
    seen += 1;
  }
  return seen < known.files.size + known.folders.size;
}
