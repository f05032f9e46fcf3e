// A mirror beside its source: whether it is the same, and whether it still has what it had.
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { lookAt, type Seen } from './trees.ts';

const DATA = '.snapshot-data';

/** A tree without what is a mirror's own; each name of a file with several is one of its own in a mirror. */
export function treeOf(root: string): ReadonlyMap<string, Omit<Seen, 'sameAs'>> {
  const seen = new Map<string, Omit<Seen, 'sameAs'>>();
  for (const [path, { sameAs: _, ...rest }] of lookAt(root))
    if (path !== DATA && !path.startsWith(`${DATA}/`)) seen.set(path, rest);
  return seen;
}

/** Throws unless the mirror is what its source is. */
export function expectMirrored(source: string, mirror: string): void {
  expect(treeOf(mirror)).toEqual(treeOf(source));
  const [one, other] = [lstatSync(source, { bigint: true }), lstatSync(mirror, { bigint: true })];
  expect([other.mode, other.mtimeNs]).toEqual([one.mode, one.mtimeNs]);
}

/** The hashes of the contents of all files of a tree. */
export function contentsOf(root: string): ReadonlySet<string> {
  return new Set([...treeOf(root).values()].flatMap(({ sha256 }) => sha256 ?? []));
}

/** The hashes of all that a mirror has, and has kept. */
export function allContentsOf(mirror: string): ReadonlySet<string> {
  const hashes = new Set(contentsOf(mirror));
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
