// What info.json says of archives, and which of them are shared although they are damaged.
import type { PackedArchive } from '../../pack/archive-writer.ts';
import type { Packed } from '../../pack/packed.ts';
import { type Flaw, placeOf } from '../../series/damage/damage.ts';
import type { ArchiveInfo, Info } from '../../series/info.ts';
import type { Series } from '../../series/series.ts';
import type { Shelf } from './shelf.ts';
import type { Use } from './use.ts';

/** The places of damaged archives that the snapshot `name` shares all the same. */
export function flawed({ archives }: Info, name: string, shelf: Shelf): ReadonlyMap<string, Flaw> {
  const found = archives.flatMap((archive): [string, Flaw][] => {
    const flaw = shelf.get(archive.number)?.flaw;
    return flaw === undefined ? [] : [[placeOf(name, archive), flaw]];
  });
  return new Map(found);
}

/** What info.json says of a new archive. */
function infoOfArchive(number: number, archive: PackedArchive, uses: ReadonlyMap<number, Use>): ArchiveInfo {
  const use = uses.get(number);
  const { file, bytes, sha256 } = archive;
  return { number, file, bytes, sha256, entries: use?.entries ?? 0, liveBytes: use?.contentBytes ?? 0 };
}

/** Older archives that hold something of the tree, which the new snapshot shares, and its own. */
export async function archivesOf(
  { archives, tree }: Packed,
  uses: ReadonlyMap<number, Use>,
  to: {
    readonly series: Series;
    readonly shelf: Shelf;
    readonly snapshot: string;
    /** Of the first archive that was written. */
    readonly firstNumber: number;
  },
): Promise<readonly ArchiveInfo[]> {
  const shared: ArchiveInfo[] = [];
  for (const [number, use] of [...uses].toSorted(([a], [b]) => a - b)) {
    const shelved = to.shelf.get(number);
    if (shelved === undefined) continue;
    const archive = await to.series.share(shelved.snapshot, shelved.archive, to.snapshot);
    shared.push({ ...archive, entries: use.entries, liveBytes: use.contentBytes });
  }
  const own = [...archives, ...(tree === undefined ? [] : [tree])];
  return [...shared, ...own.map((archive, n) => infoOfArchive(to.firstNumber + n, archive, uses))];
}
