// What keeps programs that know version 1 only out of a series that has snapshots of version 2. Its form is in docs/format.md.
import { VERSION_BOLT } from './names.ts';
import type { Series } from './series.ts';

const TEXT_FILE = 'README.txt';

const TEXT = `This folder keeps older versions of snapshot out of this series: it has snapshots of format version 2, which
they would take for damaged. A newer version passes it over. To go on with the older one, give the row another name.
`;

/**
 * Bolts a series before its first snapshot of version 2, and again where the bolt is gone or was not finished: which versions
 * the snapshots have is not asked, as one that cannot be read now may say so wrongly. In stores that are no folders there is
 * nobody to keep out: no program that knows version 1 only can reach them.
 */
export async function boltSeries(series: Series): Promise<void> {
  if (series.store.folder === undefined) return;
  const items = await series.store.list(series.key(VERSION_BOLT));
  if (items.length === 1 && items[0]?.name === TEXT_FILE) return;
  await series.store.put(series.key(VERSION_BOLT, TEXT_FILE), Buffer.from(TEXT));
}
