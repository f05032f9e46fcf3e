// The index of a snapshot to repair where others name it, too: without hard links it is theirs as it lies there.
import { DamagedError } from '../../base/errors.ts';
import { formatNone, type IndexEntry } from '../../series/index/index-line.ts';
import type { FileInfo } from '../../series/info.ts';
import { INDEX_FILE } from '../../series/names.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import type { Lines } from './repair-facts.ts';

/** What stands in an index file, and what of that an entry is no more. */
export interface KeptIndex {
  readonly index: FileInfo;
  readonly changes: readonly string[];
}

/**
 * How `items`, which are some of those of `lines`, can be told without writing the index anew.
 *
 * @returns Undefined when nobody else needs it as it is.
 * @throws {@link SnapshotError} `E_DAMAGED` when somebody does, and it has to be written anew.
 */
export async function keptIndex(
  series: Series,
  snapshot: string,
  others: readonly Snapshot[],
  lines: Lines | undefined,
  items: readonly IndexEntry[],
): Promise<KeptIndex | undefined> {
  const named = others.find(({ info }) => info.index.file === `${snapshot}/${INDEX_FILE}`);
  if (named === undefined || !(await isWhole(series, named))) return undefined;
  const { index } = named.info;
  if (lines?.index.sha256 !== index.sha256 || lines.changes !== undefined)
    throw new DamagedError(series.placeOf(named.name, index), `is the index of ${named.name} as well`);
  const left = new Set(items.map(({ entry }) => entry.path));
  const gone = lines.items.filter(({ entry }) => !left.has(entry.path));
  return { index: lines.index, changes: gone.map(({ entry }) => formatNone(entry.path)) };
}

async function isWhole(series: Series, { name, info }: Snapshot): Promise<boolean> {
  try {
    await series.lines(name, info.index);
    return true;
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error;
    return false;
  }
}
