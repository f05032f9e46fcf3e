// A mirror beside its source: whether it is the same, and whether it still has what it had.
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect, isDeepStrictEqual } from 'node:util';
import { lookAt, type Seen } from './trees.ts';

const DATA = '.snapshot-data';

/** A tree without what is a mirror's own; each name of a file with several is one of its own in a mirror. */
export function treeOf(root: string): ReadonlyMap<string, Omit<Seen, 'sameAs'>> {
  const seen = new Map<string, Omit<Seen, 'sameAs'>>();
  for (const [path, { sameAs: _, ...rest }] of lookAt(root))
    if (path !== DATA && !path.startsWith(`${DATA}/`)) seen.set(path, rest);
  return seen;
}

/** How a mirror differs from its source: nothing, when all is well. */
export function differencesOf(source: string, mirror: string): readonly string[] {
  const [wanted, found] = [treeOf(source), treeOf(mirror)];
  const paths = [...new Set([...wanted.keys(), ...found.keys()])];
  const differences = paths
    .filter((path) => !isDeepStrictEqual(wanted.get(path), found.get(path)))
    .map((path) => `${path}: ${inspect(found.get(path))}, not ${inspect(wanted.get(path))}`);
  const [one, other] = [lstatSync(source, { bigint: true }), lstatSync(mirror, { bigint: true })];
  if (one.mode !== other.mode || one.mtimeNs !== other.mtimeNs) differences.push('the folder itself');
  return differences;
}

/** The hashes of the contents of all files of a tree. */
export function contentsOf(root: string): ReadonlySet<string> {
  return new Set([...treeOf(root).values()].flatMap(({ sha256 }) => sha256 ?? []));
}

/** The hashes of all that a mirror has, and has kept. */
export function allContentsOf(mirror: string): ReadonlySet<string> {
  return new Set([...contentsOf(mirror), ...keptContentsOf(mirror)]);
}

/** The hashes of all versions that a mirror has. */
export function keptContentsOf(mirror: string): ReadonlySet<string> {
  const hashes = new Set<string>();
  const look = (folder: string): void => {
    for (const item of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, item.name);
      if (item.isDirectory()) look(path);
      else if (item.isFile()) hashes.add(createHash('sha256').update(readFileSync(path)).digest('hex'));
    }
  };
  const versions = join(mirror, DATA, 'versions');
  if (existsSync(versions)) look(versions);
  return hashes;
}
