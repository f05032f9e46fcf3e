// Which contents nobody can have from a series any more, as far as names, sizes and earlier readings say: no archive is read.
import type { Series, Snapshot } from '../series.ts';
import { type Flaw, placeOf, readDamage } from './damage.ts';
import { lookOver } from './look-over.ts';
import { findLosses, hashKey } from './losses.ts';

export interface LostContents {
  /** Whether the content with this hash, 32 bytes, is in no archive any more. */
  readonly has: (hash: Uint8Array | undefined) => boolean;
  /** Why it is not known what is damaged; undefined when it is. */
  readonly trouble: string | undefined;
}

/**
 * Looks at the archives of `places` only, and at all others when one of these is damaged: what it held may lie there too.
 * What was accepted is lost all the same.
 *
 * @param snapshots - All of the series.
 * @param places - Where the contents lie that are asked for.
 * @throws {@link SnapshotError} `E_STORE`
 */
export async function findLostContents(
  series: Series,
  snapshots: readonly Snapshot[],
  places: ReadonlySet<string>,
): Promise<LostContents> {
  const { flaws: known, trouble } = await readDamage(series);
  const { found } = await lookOver(series, snapshots, (place) => places.has(place));
  if (found.size === 0 && ![...places].some((place) => known.has(place)))
    return { has: () => false, trouble };
  // What a run has rotated out meanwhile is not missing.
  const { snapshots: there } = await series.survey();
  const flaws = new Map(
    [...known].map(([place, flaw]): [string, Flaw] => [place, { ...flaw, accepted: false }]),
  );
  for (const [place, flaw] of (await lookOver(series, there)).found)
    flaws.set(place, { ...flaw, by: 'run', since: '', accepted: false, shared: false });
  const { contents } = await findLosses(series, there, flaws);
  const lost = new Set(contents.filter(({ soundIn }) => soundIn.size === 0).map(({ hash }) => hash));
  return { has: (hash) => hash !== undefined && lost.has(hashKey(hash)), trouble };
}

/** The places of all archives with content of `snapshot`. */
export function archivePlaces({ name, info }: Snapshot): readonly string[] {
  return info.archives.map((archive) => placeOf(name, archive));
}
