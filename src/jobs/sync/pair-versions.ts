// What the files of a pair were before, on either side.
import { SnapshotError } from '../../base/errors.ts';
import type { SideName } from '../../sync/item.ts';
import type { Sides } from '../../sync/see.ts';
import { type SideVersion, versionsOf } from '../../sync/versions-of.ts';
import { comparePaths } from '../../tree/path.ts';
import type { PairSeries } from './pair-series.ts';
import { withPair } from './with-pair.ts';

export interface PairVersion extends SideVersion {
  /** Where it lies. */
  readonly side: SideName;
}

/** By path, and then the oldest first. @throws {@link SnapshotError} when a side cannot be looked at. */
export async function pairVersions({ sides: [here, there] }: PairSeries): Promise<readonly PairVersion[]> {
  return await withPair(here, there, readVersions);
}

export async function readVersions(sides: Sides): Promise<readonly PairVersion[]> {
  const found: PairVersion[] = [];
  for (const side of ['here', 'there'] as const) {
    if ((await sides[side].root()) !== 'folder')
      throw new SnapshotError('E_STORE', `"${sides[side].label}" is not there: is its disk connected?`);
    found.push(...(await versionsOf(sides[side])).versions.map((version) => ({ ...version, side })));
  }
  return found.toSorted((a, b) => comparePaths(a.path, b.path) || a.untilMs - b.untilMs || a.nth - b.nth);
}
