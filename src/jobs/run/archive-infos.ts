// What info.json says of archives, and which of them are shared although they are damaged.
import type { PackedArchive } from '../../pack/archive-writer.ts';
import { type Flaw, placeOf } from '../../snapshot/damage.ts';
import type { ArchiveInfo, Info } from '../../snapshot/info.ts';
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
export function infoOfArchive(
  number: number,
  archive: PackedArchive,
  uses: ReadonlyMap<number, Use>,
): ArchiveInfo {
  const use = uses.get(number);
  const { file, bytes, sha256 } = archive;
  return { number, file, bytes, sha256, entries: use?.entries ?? 0, liveBytes: use?.contentBytes ?? 0 };
}
