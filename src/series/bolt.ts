// What keeps programs that know version 1 only out of a series that has snapshots of version 2. Its form is in docs/format.md.
import { VERSION } from './info.ts';
import { VERSION_BOLT } from './names.ts';
import type { Series, Snapshot } from './series.ts';

const TEXT = `This folder keeps older versions of snapshot out of this series: it has snapshots of format version 2, which
they would take for damaged. A newer version passes it over. To go on with the older one, give the row another name.
`;

/**
 * Bolts a series before its first snapshot of version 2. In stores that are no folders there is nobody to keep out: no
 * program that knows version 1 only can reach them.
 *
 * @param snapshots - All there are.
 */
export async function boltSeries(series: Series, snapshots: readonly Snapshot[]): Promise<void> {
  if (series.store.folder === undefined || snapshots.some(({ info }) => info.version === VERSION)) return;
  await series.store.put(series.key(VERSION_BOLT, 'README.txt'), Buffer.from(TEXT));
}
