// What a snapshot says of the tree it was made from.
import { hostname } from 'node:os';
import { groupName, userName } from '../host/users.ts';
import { loadBlake3 } from '../hash/blake3.ts';
import type { Packed } from '../pack/packed.ts';
import type { Row } from '../plan/plan.ts';
import { type IndexEntry, pathProperty } from '../snapshot/index-line.ts';
import type { Info } from '../snapshot/info.ts';
import type { ChangeCount } from '../tree/compare.ts';
import type { Problem } from '../tree/entry.ts';
import type { EntryTable } from '../tree/entry-table.ts';
import { type BytePath, toBytes, toText } from '../tree/path.ts';
import { type HashedEntry, treeHash } from '../tree/tree-hash.ts';
import { totalsOf } from './row-context.ts';
import { TOOL } from './tool.ts';

/** The lines of the index, in path order; files that could not be read are not in it. */
export function* indexItems(entries: EntryTable, packed: Packed): Generator<IndexEntry> {
  for (let i = 0; i < entries.length; i++) {
    if (packed.lost.has(i)) continue;
    const entry = entries.at(i);
    const place = packed.places.at(i);
    yield {
      entry,
      user: userName(entry.uid),
      group: groupName(entry.gid),
      hash: entries.hash(i),
      at: place === undefined ? undefined : [place.archive, place.offset, place.length, place.skip],
      changed: packed.changed.has(i),
    };
  }
}

export interface InfoParts {
  readonly row: Row;
  readonly started: Date;
  readonly finished: Date;
  readonly change: ChangeCount;
  readonly previous: string | null;
  readonly problems: readonly Problem[];
}

/** info.json, but for what it says of the index. */
export async function infoOf(
  entries: EntryTable,
  packed: Packed,
  parts: InfoParts,
): Promise<Omit<Info, 'index'>> {
  const { row, problems } = parts;
  const blake3 = await loadBlake3();
  const hashed = function* (): Generator<HashedEntry> {
    for (let i = 0; i < entries.length; i++) {
      if (packed.lost.has(i)) continue;
      const content = entries.hash(i);
      yield {
        entry: entries.at(i),
        hash: content === undefined ? undefined : Buffer.from(content).toString('hex'),
      };
    }
  };
  const { tree, folders } = treeHash(hashed(), (bytes) => Buffer.from(blake3.hash(bytes)).toString('hex'));
  const { files, folders: folderCount, links, bytes } = totalsOf(entries, packed.lost);
  return {
    version: 1,
    tool: TOOL,
    name: row.name,
    host: hostname(),
    source: row.source,
    destination: row.destination,
    time: { started: parts.started.toISOString(), finished: parts.finished.toISOString() },
    strategy: row.strategy,
    format: row.format,
    hash: {
      algorithm: 'blake3',
      tree,
      folders: Object.fromEntries([...folders].map(([path, value]) => [folderKey(path), value])),
    },
    count: { files, folders: folderCount, links },
    bytes,
    change: parts.change,
    previous: parts.previous,
    archives: packed.archives,
    skipped: problems.map(({ path, reason }) => ({ ...pathProperty(path), reason })),
  };
}

/** JSON keys are text; a name that is not UTF-8 is told apart by how it begins. */
function folderKey(path: BytePath): string {
  return toText(path) ?? `base64:${toBytes(path).toString('base64')}`;
}
